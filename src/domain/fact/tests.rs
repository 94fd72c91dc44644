use super::*;

#[test]
fn every_word_is_read_back() {
    let father: RoleName = "father".parse().unwrap();
    let related = Relationship::ALL.map(|is| Fact::Relationship {
        to: father.clone(),
        is,
    });
    let together = Fact::SameHousehold { with: father };
    let all = PLAIN
        .into_iter()
        .map(|(fact, _)| fact)
        .chain(related)
        .chain([together]);
    for fact in all {
        let word = fact.to_string();
        assert_eq!(word.parse::<Fact>(), Ok(fact), "{word}");
    }
    assert_eq!(
        "same_household_with_head".parse::<Fact>().unwrap().to_string(),
        "same_household_with_head"
    );
    assert_eq!(
        "child_of_mother".parse(),
        Ok(Fact::Relationship {
            to: "mother".parse().unwrap(),
            is: Relationship::Child
        })
    );
}

#[test]
fn what_is_no_fact_is_refused() {
    for text in [
        "",
        "Identity",
        "shoe_size",
        "friend_of_head",
        "same_household_with_",
        "child_of_",
        "child_of_A",
        "of_head",
    ] {
        assert_eq!(text.parse::<Fact>(), Err(UnknownWord), "{text}");
    }
}

#[test]
fn what_civil_status_holds_is_never_a_fact_of_the_population_database() {
    let civil = [
        "birth",
        "marriage",
        "marital_status",
        "death",
        "parentage",
        "kinship",
        "guardianship",
    ];
    for word in civil {
        let fact: Fact = word.parse().unwrap();
        assert_eq!(fact.source(), FactSource::CivilStatus, "{word}");
        assert_eq!(fact.field(), None, "{word}: no field of ours may stand in for it");
    }
}

#[test]
fn a_residence_needs_province_and_commune() {
    let fields = Fact::CurrentResidence.fields();
    let paths: Vec<_> = fields.iter().map(|field| field.to_string()).collect();
    assert_eq!(
        paths,
        [
            "current_residence.province_code",
            "current_residence.commune_code"
        ]
    );
    assert!(
        Fact::Identity.fields().is_empty(),
        "it is the gate, and released nothing"
    );
    assert!(Fact::MemberCount.fields().is_empty());
}

#[test]
fn sources_are_read_back() {
    for source in FactSource::ALL {
        assert_eq!(source.as_str().parse(), Ok(source));
    }
    assert_eq!("police".parse::<FactSource>(), Err(UnknownWord));
}
