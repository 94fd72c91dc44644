use super::*;

fn config(url: &str) -> Result<Config, NotAnAddress> {
    Config::new(&url.into(), NonZeroU32::MIN, Duration::from_secs(1))
}

#[test]
fn an_address_is_a_url_of_postgresql() {
    for good in [
        "postgres://dancu:secret@db.example.vn/dancu?sslmode=verify-full",
        "postgresql://dancu@127.0.0.1:5433/dancu",
        "postgres://dancu@localhost/dancu?host=/run/postgresql",
    ] {
        assert!(config(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "dancu",
        "mysql://dancu@host/dancu",
        "postgres://host:port/dancu",
        "postgres://h/d?sslmode=often",
    ] {
        assert_eq!(config(bad).err(), Some(NotAnAddress), "{bad}");
    }
}

#[test]
fn the_password_is_not_printed() {
    let config = config("postgres://dancu:a-password@db.example.vn:5433/rows").unwrap();
    let printed = format!("{config:?} {config} {NotAnAddress:?}");
    assert!(printed.contains("db.example.vn:5433/rows"), "{printed}");
    assert!(!printed.contains("a-password"), "{printed}");
}

#[test]
fn a_way_in_clear_to_another_machine_is_noticed() {
    for (url, is_in_clear) in [
        ("postgres://db.example.vn/dancu", true),
        ("postgres://db.example.vn/dancu?sslmode=disable", true),
        ("postgres://db.example.vn/dancu?sslmode=require", false),
        ("postgres://db.example.vn/dancu?sslmode=verify-full", false),
        ("postgres://127.0.0.1/dancu", false),
        ("postgres://localhost/dancu", false),
        ("postgres://db.example.vn/dancu?host=/run/postgresql", false),
    ] {
        assert_eq!(config(url).unwrap().is_in_clear(), is_in_clear, "{url}");
    }
}

#[test]
fn the_steps_are_those_of_sqlite() {
    let names = |folder: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(folder);
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("postgres"), names("sqlite"));
    assert_eq!(names("postgres").len(), STEPS.len());
}
