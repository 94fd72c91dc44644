//! How many connections has one address?
//!
//! Counted when a connection comes and when it goes, never in between. An address without connections isn't kept.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections by address.
#[derive(Debug)]
pub struct Places {
    most: NonZeroUsize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

impl Places {
    /// Has so many places for each address.
    #[must_use]
    pub fn new(most: NonZeroUsize) -> Self {
        Self {
            most,
            taken: Mutex::default(),
        }
    }

    /// Gives a connection its place, if its address has one left.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.table();
        let of_address = taken.entry(address).or_default();
        if *of_address >= self.most.get() {
            return None;
        }
        *of_address = of_address.saturating_add(1);
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            address,
        })
    }

    fn give_back(&self, address: IpAddr) {
        let mut taken = self.table();
        if let Some(of_address) = taken.get_mut(&address) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                taken.remove(&address);
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is the place of one connection, given back at its end.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.address);
    }
}

#[cfg(test)]
mod tests;
