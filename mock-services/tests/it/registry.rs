//! What the registry answers, refuses and keeps to itself.
//!
//! Everything over the socket, in the words of the specification.

use std::collections::HashSet;

use mock_services::Settings;
use serde_json::json;

use crate::world::{Question, World};

#[actix_web::test]
async fn a_lookup_gives_the_whole_record() {
    let world = World::start().await;
    let answer = world.ask(&Question::p01()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.texts("Ten"), ["NGUYỄN THỊ MẪU"]);
    assert_eq!(answer.texts("Ho"), [""]);
    assert_eq!(answer.texts("GioiTinh"), ["2"]);
    assert_eq!(answer.texts("TrangThai"), ["hoat_dong"]);
    assert!(answer.texts("MaPhuongXa").contains(&"09106".to_owned()));
    assert!(
        answer
            .body
            .contains("xmlns:ns1=\"http://www.mic.gov.vn/dancu/1.0\" SoCongDan=\"1\"")
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn a_wrong_name_and_an_unknown_number_look_the_same() {
    let world = World::start().await;
    let wrong = world
        .ask(&Question::lookup("100190000001", "NGUYENTHIMAI", "1990-04-12"))
        .await;
    let unknown = world
        .ask(&Question::lookup("100190999999", "NGUYENTHIMAU", "1990-04-12"))
        .await;
    let plain = |body: &str| body.split(" ThoiDiemDuLieu").next().unwrap().to_owned();
    assert_eq!(plain(&wrong.body), plain(&unknown.body));
    assert!(wrong.body.contains("SoCongDan=\"0\""));
    assert!(wrong.texts("CongDan").is_empty());
    world.running.stop().await;
}

#[actix_web::test]
async fn two_hundred_sampled_people_are_found_with_their_households() {
    let world = World::with(Settings {
        population: 100_000_000,
        seed: 5,
        ..Settings::default()
    })
    .await;
    let sample = world.get("/_mock/sample?count=200&seed=3").await;
    for person in sample["people"].as_array().unwrap() {
        let text = |name: &str| person[name].as_str().unwrap();
        let mut question = Question::lookup(text("pin"), text("full_name"), text("date_of_birth"));
        let answer = world.ask(&question).await;
        assert_eq!(answer.texts("Ten"), [text("full_name")]);
        let residence = person["permanent_residence"]["commune_code"].as_str().unwrap();
        assert!(answer.texts("MaPhuongXa").iter().any(|code| code == residence));

        question.operation = "CungCapThongTinHoGiaDinh";
        question.code = "045";
        let household = world.ask(&question).await;
        assert_eq!(
            household.texts("MaHoGiaDinh"),
            [person["household"]["id"].as_str().unwrap()]
        );
        let members: HashSet<String> = household.texts("SoDinhDanh").into_iter().collect();
        assert!(members.contains(text("pin")));
        assert_eq!(
            members.len(),
            person["household"]["members"].as_array().unwrap().len()
        );
    }
    world.running.stop().await;
}

#[actix_web::test]
async fn a_year_alone_finds_only_those_held_by_the_year() {
    let world = World::start().await;
    let by_year = world
        .ask(&Question::lookup("100050000005", "HOANGVANNAM", "1950"))
        .await;
    assert_eq!(by_year.texts("Nam"), ["1950"]);
    assert_eq!(by_year.texts("NgayThangNam"), [""]);
    let by_day = world
        .ask(&Question::lookup("100050000005", "HOANGVANNAM", "1950-01-01"))
        .await;
    assert!(by_day.texts("CongDan").is_empty());
    let year_of_a_dated = world
        .ask(&Question::lookup("100190000001", "NGUYENTHIMAU", "1990"))
        .await;
    assert!(year_of_a_dated.texts("CongDan").is_empty());
    world.running.stop().await;
}

#[actix_web::test]
async fn old_and_cancelled_numbers_lead_to_the_record() {
    let world = World::start().await;
    let by_old = world
        .ask(&Question::lookup("999000006", "PHAMTHICHUNG", "1970-06-06"))
        .await;
    assert_eq!(by_old.texts("SoDinhDanh").first().unwrap(), "100170000006");
    let by_cancelled = world
        .ask(&Question::lookup("100080000007", "VUVANTHAY", "1980-08-17"))
        .await;
    assert_eq!(by_cancelled.texts("SoDinhDanh").first().unwrap(), "100080000107");
    assert_eq!(by_cancelled.texts("SoDinhDanhDaHuy"), ["100080000007"]);
    world.running.stop().await;
}

#[actix_web::test]
async fn personas_show_their_edge() {
    let world = World::start().await;
    let old_address = world
        .ask(&Question::lookup("100075000012", "TRUONGVANCU", "1975-04-30"))
        .await;
    assert!(old_address.texts("MaQuanHuyen").contains(&"608".to_owned()));
    let late = world
        .ask(&Question::lookup("100040000015", "DINHVANKHUAT", "1940-03-03"))
        .await;
    assert_eq!(late.texts("TrangThai"), ["da_chet"]);
    let locked = world
        .ask(&Question::lookup("100072000024", "TOVANKHOA", "1972-07-07"))
        .await;
    assert_eq!(locked.texts("TrangThai"), ["bi_khoa"]);
    let twins = world
        .ask(&Question::lookup("100186000025", "LAMTHIDOI", "1986-11-11"))
        .await;
    assert_eq!(twins.texts("CongDan").len(), 2);
    let elsewhere = world
        .ask(&Question::lookup("100098000023", "DUONGVANTAM", "1998-03-14"))
        .await;
    assert_eq!(elsewhere.texts("TuNgay"), ["2026-03-01"]);
    let empty = world
        .ask(&Question::lookup("100188000011", "LETHITRONG", "1988-02-29"))
        .await;
    assert_eq!(
        (empty.texts("TinhTrangHonNhan"), empty.texts("QuocTich")),
        (vec![String::new()], vec![String::new()])
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn a_lodger_is_listed_as_temporary() {
    let world = World::start().await;
    let host = Question::lookup("100180000123", "PHANTHICHUNHA", "1980-02-02");
    let question = Question {
        operation: "CungCapThongTinHoGiaDinh",
        code: "045",
        ..host
    };
    let household = world.ask(&question).await;
    assert_eq!(household.texts("LoaiCuTru"), ["thuong_tru", "tam_tru"]);
    assert_eq!(household.texts("QuanHe"), ["00", "99"]);
    world.running.stop().await;
}

#[actix_web::test]
async fn strangers_are_turned_away() {
    let world = World::start().await;
    let body = Question::p01().envelope();
    let late = world.send(&world.headers("/dancu", -301), body.clone()).await;
    assert_eq!((late.status, late.fault_code().as_str()), (401, "AUTH_TIMESTAMP"));
    let other_path = world.send(&world.headers("/other", 0), body.clone()).await;
    assert_eq!(
        (other_path.status, other_path.fault_code().as_str()),
        (401, "AUTH_SIGNATURE")
    );
    let nobody = world.send(&[], body).await;
    assert_eq!(
        (nobody.status, nobody.fault_code().as_str()),
        (401, "AUTH_CLIENT")
    );
    let stats = world.get("/_mock/stats").await;
    assert_eq!(stats["registry"]["refused"], 3);
    assert_eq!(stats["registry"]["037"], 0);
    world.running.stop().await;
}

#[actix_web::test]
async fn licences_officers_quota_and_maintenance_have_their_own_codes() {
    let world = World::start().await;
    let rules = json!({"deny": [{"procedure": "1.001193", "operation": "003"}], "quota_per_unit": 2});
    assert_eq!(world.put("/_mock/registry/rules", rules).await.status, 200);
    let verify = Question {
        operation: "XacThucThongTinCongDan",
        code: "003",
        ..Question::p01()
    };
    assert_eq!(world.ask(&verify).await.fault_code(), "LICENCE");
    let odd_unit = Question {
        unit: "57",
        ..Question::p01()
    };
    assert_eq!(world.ask(&odd_unit).await.fault_code(), "LICENCE");
    let unknown = Question {
        officer: "001090001000",
        ..Question::p01()
    };
    assert_eq!(world.ask(&unknown).await.fault_code(), "OFFICER");
    assert_eq!(world.ask(&Question::p01()).await.status, 200);
    assert_eq!(world.ask(&Question::p01()).await.status, 200);
    let spent = world.ask(&Question::p01()).await;
    assert_eq!((spent.status, spent.fault_code().as_str()), (500, "QUOTA"));
    assert_eq!(
        world
            .ask(&Question {
                unit: "H57",
                ..Question::p01()
            })
            .await
            .status,
        200
    );
    world
        .put("/_mock/registry/rules", json!({"maintenance": true}))
        .await;
    let closed = world.ask(&Question::p01()).await;
    assert_eq!(closed.fault_code(), "MAINTENANCE");
    assert_eq!(closed.texts("faultcode"), ["soapenv:Server"]);
    world.running.stop().await;
}

#[actix_web::test]
async fn yes_or_no_is_answered() {
    let world = World::start().await;
    let verify = Question {
        operation: "XacThucThongTinCongDan",
        code: "003",
        ..Question::p01()
    };
    assert_eq!(world.ask(&verify).await.texts("TonTai"), ["true"]);
    let wrong = Question {
        name: "SAI".to_owned(),
        ..verify
    };
    assert_eq!(world.ask(&wrong).await.texts("TonTai"), ["false"]);
    world.running.stop().await;
}

#[actix_web::test]
async fn a_late_answer_is_fetched_when_it_is_ready() {
    let world = World::start().await;
    world
        .put("/_mock/registry/rules", json!({"late_answers_ms": 60_000}))
        .await;
    assert_eq!(
        world.ask(&Question::p01()).await.texts("TrangThai"),
        ["dang_xu_ly"]
    );
    let fetch = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
        <d:GetRequestResult xmlns:d=\"http://dancuquocgia.bca\"><d:MaYeuCau>yc-1</d:MaYeuCau>\
        <d:MaDonVi>H57.12</d:MaDonVi><d:MaCanBo>001090000001</d:MaCanBo></d:GetRequestResult></s:Body></s:Envelope>";
    let soon = world.send(&world.headers("/dancu", 0), fetch.to_owned()).await;
    assert_eq!(soon.texts("TrangThai"), ["dang_xu_ly"]);
    world.put("/_mock/clock", json!({"offset_seconds": 61})).await;
    let ready = world.send(&world.headers("/dancu", 61), fetch.to_owned()).await;
    assert_eq!(ready.texts("Ten"), ["NGUYỄN THỊ MẪU"]);
    let unknown = world
        .send(&world.headers("/dancu", 61), fetch.replace("yc-1", "yc-2"))
        .await;
    assert_eq!(unknown.fault_code(), "REQUEST");
    world.running.stop().await;
}
