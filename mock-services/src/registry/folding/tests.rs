//! What folds together and what doesn't.
//!
//! The registry folds less than the gateway's matching does, and must go on doing so.

use super::fold;

#[test]
fn marks_case_spaces_and_d_don_t_count() {
    assert_eq!(fold("Đặng  Đình Đức"), "DANGDINHDUC");
    assert_eq!(fold("Đa\u{306}\u{323}ng"), fold("ĐẶNG"));
    assert_eq!(fold("nguyễn thị hoà"), fold("NGUYỄN THỊ HÒA"));
    assert_eq!(fold(&fold("H'Bia Êban-Knul")), "H'BIAEBAN-KNUL");
}

#[test]
fn i_and_y_and_word_order_count() {
    assert_ne!(fold("Lý"), fold("Lí"));
    assert_ne!(fold("Nguyễn Văn An"), fold("Văn An Nguyễn"));
}
