use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn names(schema: &Value) -> BTreeSet<&str> {
    let properties = schema["properties"].as_object().unwrap();
    properties.keys().map(String::as_str).collect()
}

#[test]
fn the_description_has_every_address_with_its_methods() {
    let document = openapi::document();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), TABLE.len());
    for address in &TABLE {
        let item = paths[&format!("/admin{}", address.path)].as_object().unwrap();
        let methods: BTreeSet<String> = item.keys().map(|method| method.to_uppercase()).collect();
        let allowed: BTreeSet<String> = address
            .allowed
            .split(", ")
            .filter(|method| *method != "HEAD")
            .map(str::to_owned)
            .collect();
        assert_eq!(methods, allowed, "{}", address.path);
    }
    let ids: BTreeSet<&str> = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 12, "each operation has a name of its own");
}

#[test]
fn the_description_refers_to_nothing_that_it_lacks() {
    let document = openapi::document().to_string();
    let parsed: Value = serde_json::from_str(&document).unwrap();
    let schemas = parsed["components"]["schemas"].as_object().unwrap();
    let referred = document.split("#/components/schemas/").skip(1);
    for name in referred.filter_map(|rest| rest.split('"').next()) {
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(
        names(&schemas["Registration"]),
        wire::REGISTRATION.into_iter().collect()
    );
    assert_eq!(names(&schemas["Limits"]), wire::LIMITS.into_iter().collect());
    assert_eq!(
        names(&schemas["RegistryChange"]),
        wire::REGISTRY.into_iter().collect()
    );
}
