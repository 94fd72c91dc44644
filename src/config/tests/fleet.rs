//! Is the Redis that gateways share read from its file, and is every way to give it wrongly named?

use super::mistakes::says;
use super::*;

fn fleet(folder: &Folder, members: &str) -> Result<Option<crate::fleet::Config>, Vec<String>> {
    folder
        .with(&format!("[redis]\n{members}"))
        .map(|config| config.fleet)
}

#[test]
fn there_is_none_until_a_file_says_where() {
    let folder = Folder::new();
    assert!(fleet(&folder, "").unwrap().is_none());
    folder.write_private("redis", "redis://gateway:open-sesame@127.0.0.1:6379\n");
    let config = fleet(&folder, "url_file = \"redis\"").unwrap();
    assert!(config.is_some_and(|config| !format!("{config:?}").contains("sesame")));
}

#[test]
fn what_is_wrong_is_named_without_the_password() {
    let folder = Folder::new();
    folder.write("public", "redis://:open-sesame@127.0.0.1:6379");
    folder.write_private("private", "redis://:open-sesame@127.0.0.1:6379");
    folder.write_private("http", "https://:open-sesame@127.0.0.1:6379");
    folder.write("ca", "no certificate");
    for (members, key, what) in [
        ("url_file = \"public\"", "redis.url_file", "chmod 600"),
        ("url_file = \"none\"", "redis.url_file", "entity not found"),
        ("url_file = \"http\"", "redis.url_file", "redis://127.0.0.1:6379"),
        (
            "url_file = \"private\"\nca_file = \"ca\"",
            "redis.url_file",
            "goes with rediss",
        ),
        (
            "url_file = \"private\"\ntimeout = \"0s\"",
            "redis.timeout",
            "above zero",
        ),
    ] {
        let mistakes = fleet(&folder, members).map(|_| ()).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(says(&mistakes, key, what), "{members}: {mistakes:?}");
        assert!(!mistakes.concat().contains("sesame"), "{mistakes:?}");
    }
}
