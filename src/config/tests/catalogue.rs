//! Is the catalogue that ships whole and in order, and what is said of one that contradicts itself?

use jiff::civil::{Date, date};

use super::*;
use crate::domain::context::ProcedureCode;
use crate::domain::fact::{Fact, FactSource};
use crate::domain::role::Expected;
use crate::policy::procedures::Procedure;
use crate::policy::supplement::supplement;

/// The procedures that the domain's page names, and the essential services.
const OWN: usize = 58;
/// The distinct codes of both national lists.
const LISTED: usize = 318;
/// Those of them that lost a digit.
const CORRUPT: [&str; 3] = ["1.00121", "1.00252", "2.00056"];

fn code(text: &str) -> ProcedureCode {
    text.parse().unwrap()
}

fn has_own_entry(procedure: &Procedure) -> bool {
    procedure.name_en.is_some()
}

#[test]
fn the_national_table_is_whole_and_broken_codes_cant_be_used() {
    let table: toml::Table = include_str!("../../../config/procedures/national.toml")
        .parse()
        .unwrap();
    let rows = table["listed"].as_array().unwrap();
    assert_eq!(rows.len(), LISTED);
    let catalogue = shipped_catalogue().unwrap();
    let mut corrupt = Vec::new();
    for row in rows {
        let text = row["code"].as_str().unwrap();
        if catalogue.find(&code(text)).is_none() {
            corrupt.push(text);
        }
    }
    assert_eq!(corrupt, CORRUPT);
    let own = catalogue
        .iter()
        .filter(|procedure| has_own_entry(procedure))
        .count();
    assert_eq!(own, OWN);
    let only_own = catalogue.iter().filter(|procedure| {
        !rows
            .iter()
            .any(|row| row["code"].as_str() == Some(procedure.code.as_str()))
    });
    assert_eq!(
        catalogue.iter().count(),
        LISTED - CORRUPT.len() + only_own.count()
    );
}

#[test]
fn what_the_program_cites_of_the_lists_is_what_the_entries_cite() {
    let catalogue = shipped_catalogue().unwrap();
    let cited = |text| catalogue.find(&code(text)).unwrap().legal_ground.clone();
    assert_eq!(
        cited("1.000419"),
        cited("1.001193"),
        "from the table, and from an entry of its own"
    );
}

#[test]
fn every_procedure_has_a_ground_until_the_resolution_ends() {
    let catalogue = shipped_catalogue().unwrap();
    let groundless = |day: Date| {
        let without = catalogue
            .iter()
            .filter(|procedure| procedure.grounds_on(day).next().is_none());
        without.count()
    };
    assert_eq!(groundless(date(2026, 1, 1)), 0);
    assert_eq!(groundless(date(2027, 2, 28)), 0);
    let after = date(2027, 3, 1);
    assert!(groundless(after) > 0, "those that rest on the resolution alone");
    let seal = catalogue.find(&code("2.001428")).unwrap();
    assert_eq!(seal.grounds_on(after).count(), 0);
    let of_birth: Vec<_> = catalogue
        .find(&code("1.001193"))
        .unwrap()
        .grounds_on(after)
        .map(|ground| ground.article.as_str())
        .collect();
    assert_eq!(of_birth, ["Nghị định 104/2022/NĐ-CP, Điều 14"]);
}

#[test]
fn every_needed_fact_of_the_population_database_can_be_asked_for_instead() {
    let catalogue = shipped_catalogue().unwrap();
    for procedure in catalogue.iter() {
        for needed in procedure.roles.iter().flat_map(|role| &role.facts) {
            let instead = supplement(&needed.fact, date(2026, 11, 22));
            let is_ours = needed.source == FactSource::Population;
            assert_eq!(instead.is_some(), is_ours, "{}: {}", procedure.code, needed.fact);
            assert!(
                !is_ours || !needed.replaces.is_empty(),
                "{}: {} replaces nothing",
                procedure.code,
                needed.fact
            );
        }
    }
}

#[test]
fn the_entries_say_what_the_law_says_of_some_of_them() {
    let catalogue = shipped_catalogue().unwrap();
    let find = |text| catalogue.find(&code(text)).unwrap();
    let with_list: Vec<_> = catalogue
        .iter()
        .filter(|procedure| procedure.needs_household_list)
        .map(|procedure| procedure.code.as_str())
        .collect();
    assert_eq!(
        with_list,
        ["1.011606", "1.011607"],
        "poor households, and nobody else"
    );
    let deceased = find("1.000656").role(&"deceased".parse().unwrap()).unwrap();
    assert_eq!(deceased.expects, Expected::Deceased);
    assert!(find("1.001193").needs(&Fact::Marriage));
    assert!(!find("1.004873").needs(&Fact::MemberCount));
    assert_eq!(find("1.001193").confirmation_valid_for, Duration::from_hours(720));
    let listed = find("1.000419");
    assert!(listed.needs(&Fact::PermanentResidence) && listed.stale_for.is_none());
    assert!(
        !find("1.000376").needs(&Fact::PermanentResidence),
        "the list names a card only"
    );
}

const ENTRY: &str = r#"
[[procedure]]
code = "1.001193"
name_vi = "A"
sector = "A"
level = "commune"
fields = ["full_name", "permanent_residence.province_code", "permanent_residence.commune_code"]
max_age = "1h"
shares_cache = true
legal_ground = [{ article = "Điều 1", from = "2026-01-01" }]
needs_household_list = true

[[procedure.role]]
name = "head"
required = true
facts = [
    { fact = "identity", replaces = ["identity_card"] },
    { fact = "permanent_residence", replaces = ["residence_confirmation"] },
    { fact = "household_members", replaces = ["household_book"] },
]

[[procedure.role]]
name = "child"
required = false
expects = "living"
facts = [
    { fact = "same_household_with_head" },
    { fact = "parentage", replaces = ["birth_certificate"], source = "civil_status" },
]

[[procedure.role]]
name = "uncle"
required = false
facts = [{ fact = "identity" }]
"#;

/// Loads the entry, with this part of it replaced.
fn told(from: &str, to: &str) -> Vec<String> {
    assert!(ENTRY.contains(from), "{from} isn't in the entry");
    told_of(&ENTRY.replacen(from, to, 1))
}

fn told_of(text: &str) -> Vec<String> {
    let folder = Folder::new();
    fs::create_dir(folder.at("procedures")).unwrap();
    folder.write("procedures/a.toml", text);
    folder.write("clients.toml", "");
    match folder.with("procedures_dir = \"procedures\"") {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes,
    }
}

#[test]
fn an_entry_in_order_passes() {
    assert_eq!(told_of(ENTRY), Vec::<String>::new());
}

#[test]
fn each_contradiction_is_named_with_its_place() {
    let table = [
        (
            "name = \"uncle\"",
            "name = \"child\"",
            "role child",
            "stands twice",
        ),
        (
            "name = \"child\"",
            "name = \"Child\"",
            "role.name",
            "small letters",
        ),
        (
            "\"living\"",
            "\"asleep\"",
            "role child.expects",
            "living or deceased",
        ),
        (
            "same_household_with_head",
            "shoe_size",
            "role child.facts",
            "must be a fact such as",
        ),
        (
            "same_household_with_head",
            "same_household_with_father",
            "role child.same_household_with_father",
            "there is no role father",
        ),
        (
            "same_household_with_head",
            "same_household_with_child",
            "role child.same_household_with_child",
            "against itself",
        ),
        (
            "same_household_with_head",
            "sex",
            "role child.sex",
            "which `fields` doesn't name",
        ),
        (
            "\"permanent_residence.commune_code\"",
            "\"sex\"",
            "role head.permanent_residence",
            "permanent_residence.commune_code",
        ),
        (
            "{ fact = \"identity\", replaces = [\"identity_card\"] },",
            "{ fact = \"permanent_residence\" },",
            "role head",
            "permanent_residence stands twice",
        ),
        (
            "source = \"civil_status\"",
            "source = \"population\"",
            "role child.parentage",
            "the law takes it from civil_status, not from population",
        ),
        (
            "source = \"civil_status\"",
            "source = \"police\"",
            "role child.parentage.source",
            "one of population",
        ),
        (
            ", source = \"civil_status\"",
            "",
            "role child.parentage",
            "takes it from civil_status",
        ),
        (
            "\"birth_certificate\"",
            "\"land_certificate\"",
            "role child.parentage",
            "a land_certificate never proved it",
        ),
        (
            "\"birth_certificate\"",
            "\"love_letter\"",
            "role child.parentage.replaces",
            "kinds of paper",
        ),
        (
            "needs_household_list = true",
            "needs_household_list = false",
            "needs_household_list",
            "where a role needs household_members",
        ),
        (
            "household_members",
            "member_count",
            "needs_household_list",
            "and nowhere else",
        ),
        (
            "[\"full_name\", ",
            "[",
            "needs_household_list",
            "would name nobody",
        ),
        ("required = true", "required = false", "role", "ask about nobody"),
        (
            "from = \"2026-01-01\"",
            "from = \"2026-01-01\", until = \"2025-12-31\"",
            "legal_ground.until",
            "before legal_ground.from",
        ),
        (
            "\"commune\"",
            "\"village\"",
            "level",
            "commune, province, ministry or unstated",
        ),
        ("code = \"1.001193\"", "code = \"1.00119\"", "code", "isn't whole"),
        (
            "max_age",
            "confirmation_valid_for = \"long\"\nmax_age",
            "confirmation_valid_for",
            "must be a duration",
        ),
        (
            "required = false",
            "required = false\nage = 3",
            "",
            "unknown field `age`",
        ),
    ];
    for (from, to, place, what) in table {
        let mistakes = told(from, to);
        let [mistake] = mistakes.as_slice() else {
            panic!("{to}: {mistakes:#?}");
        };
        assert!(
            mistake.contains(&format!(": {place}")) && mistake.contains(what),
            "{to}: {mistake}"
        );
    }
}

#[test]
fn the_contradictions_of_an_entry_come_together() {
    let text = ENTRY
        .replacen("name = \"uncle\"", "name = \"child\"", 1)
        .replacen("from = \"2026-01-01\"", "from = \"yesterday\"", 1)
        .replacen("needs_household_list = true", "", 1);
    assert_eq!(told_of(&text).len(), 3);
}

#[test]
fn a_row_of_the_list_is_read_strictly() {
    let row = |code: &str, papers: &str, says: &str| {
        format!(
            "listed = [{{ code = \"{code}\", level = \"commune\", sector = \"A\", name_vi = \"A\", papers = [{papers}], says = [{says}] }}]\n"
        )
    };
    let table = [
        (
            row("1.000001", "\"identity_card\"", "\"names_population_db\""),
            "",
        ),
        (row("1.00002", "", "\"corrupt_code\""), ""),
        (row("1.000002", "", "\"corrupt_code\""), "the code is whole"),
        (row("1.00002", "", ""), "isn't whole"),
        (row("1.000002", "\"love_letter\"", ""), "kinds of paper"),
        (row("1.000002", "", "\"nothing\""), "nothing"),
    ];
    for (text, what) in table {
        let mistakes = told_of(&text);
        assert_eq!(
            mistakes.len(),
            usize::from(!what.is_empty()),
            "{text}: {mistakes:?}"
        );
        assert!(
            mistakes.iter().all(|mistake| mistake.contains(what)),
            "{mistakes:?}"
        );
    }
    let twice = told_of(&row("1.000001", "", "").replace(
        "}]",
        &format!("}}, {}", row("1.000001", "", "").replace("listed = [", "")),
    ));
    assert!(
        twice.iter().any(|mistake| mistake.contains("stands twice")),
        "{twice:?}"
    );
}

#[test]
fn nobody_is_licensed_for_a_broken_code() {
    let folder = Folder::new();
    let register = include_str!("../../../config/clients.toml");
    folder.write(
        "clients.toml",
        &register.replacen("\"1.001193\"", "\"1.00252\"", 1),
    );
    let mistakes = folder.mistakes("");
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(
        mistakes[0].contains("1.00252 is corrupt in the national list"),
        "{mistakes:?}"
    );
}
