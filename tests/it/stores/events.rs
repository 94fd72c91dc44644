//! Is the number of the last change applied kept, and does it never go back?

use super::{Ground, Place};

pub async fn all(ground: &Ground) {
    the_number_outlives_the_process_and_never_goes_back(&ground.place()).await;
}

async fn the_number_outlives_the_process_and_never_goes_back(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, other) = (&gateways[0].events, &gateways.last().unwrap().events);
    assert_eq!(one.last().await, Ok(0));
    for sequence in [1, 7, 3] {
        one.keep(sequence).await.unwrap();
    }
    other.keep(5).await.unwrap();
    assert_eq!(other.last().await, Ok(7));
    for gateway in &gateways {
        gateway.close().await;
    }
    drop(gateways);
    let again = place.open("gw1").await.unwrap();
    assert_eq!(again.events.last().await, Ok(7));
    again.close().await;
}
