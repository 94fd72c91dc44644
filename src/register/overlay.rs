//! What stands over the clients' file, and what comes out of both together?
//!
//! Pure rules. The file is the base; what operators changed stands over it part by part: the whole registration (or its
//! removal), the limits, the suspension. A part wins over the file until it is taken back, whatever the file says
//! meanwhile, and what no part speaks of follows the file. A whole registration takes the place of all earlier parts. Beside
//! the clients stands the notice that the registry may not be asked, of which no file speaks. The overlay is the changes
//! in their order, so every gateway that has seen the same changes has the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::maintenance;
use super::registration::{Limits, Registration};
use crate::domain::client::ClientId;
use crate::domain::maintenance::Notice;
use crate::domain::operator::{OperatorName, Reason};
use crate::policy::clients::{Client, Clients, Status};

/// Is one change that an operator made, to one client or to the way to the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The call that made it; its audit row has the same.
    pub transaction_id: Uuid,
    /// Whom it concerns; nobody where it is the registry.
    pub client: Option<ClientId>,
    /// What it is.
    pub what: What,
    /// Who made it.
    pub operator: OperatorName,
    /// Why.
    pub reason: Option<Reason>,
    /// When.
    pub at: Timestamp,
}

impl Change {
    /// Tells whether it names a client where it concerns one, and only there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.client.is_none() == self.what.is_of_the_registry()
    }
}

/// Tells what an operator changed.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The whole registration; earlier parts are gone.
    Registered(Box<Registration>),
    /// The client is no client any more; earlier parts are gone.
    Removed,
    /// The limits.
    Limited(Box<Limits>),
    /// The client is switched off.
    Suspended,
    /// The client is switched on, unless its registration is expired.
    Resumed,
    /// What the file says counts again, in every part.
    Reverted,
    /// The registry may not be asked.
    MaintenanceOn(Box<Notice>),
    /// The registry may be asked again.
    MaintenanceOff,
}

impl What {
    /// Gives the word that stands in the store, and in the audit row as what came of it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Registered(_) => "registered",
            Self::Removed => "removed",
            Self::Limited(_) => "limited",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Reverted => "reverted",
            Self::MaintenanceOn(_) => "maintenance_on",
            Self::MaintenanceOff => "maintenance_off",
        }
    }

    /// Gives the word for the act itself, in the audit row.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Registered(_) => "client.put",
            Self::Removed => "client.remove",
            Self::Limited(_) => "limits.put",
            Self::Suspended => "client.suspend",
            Self::Resumed => "client.resume",
            Self::Reverted => "client.revert",
            Self::MaintenanceOn(_) | Self::MaintenanceOff => "registry.put",
        }
    }

    /// Gives what stands beside the word in the store: JSON, for what has a content.
    #[must_use]
    pub fn content(&self) -> Option<String> {
        match self {
            Self::Registered(registration) => serde_json::to_string(registration).ok(),
            Self::Limited(limits) => serde_json::to_string(limits).ok(),
            Self::MaintenanceOn(notice) => maintenance::written(notice),
            Self::Removed | Self::Suspended | Self::Resumed | Self::Reverted | Self::MaintenanceOff => None,
        }
    }

    /// Tells whether it concerns the way to the registry, and no client.
    #[must_use]
    pub fn is_of_the_registry(&self) -> bool {
        matches!(self, Self::MaintenanceOn(_) | Self::MaintenanceOff)
    }

    /// Reads what a store holds; nothing if this version can't.
    #[must_use]
    pub fn read(word: &str, content: Option<&str>) -> Option<Self> {
        Some(match (word, content) {
            ("registered", Some(json)) => Self::Registered(serde_json::from_str(json).ok()?),
            ("removed", None) => Self::Removed,
            ("limited", Some(json)) => Self::Limited(serde_json::from_str(json).ok()?),
            ("suspended", None) => Self::Suspended,
            ("resumed", None) => Self::Resumed,
            ("reverted", None) => Self::Reverted,
            ("maintenance_on", Some(json)) => Self::MaintenanceOn(Box::new(maintenance::read(json)?)),
            ("maintenance_off", None) => Self::MaintenanceOff,
            _ => return None,
        })
    }
}

/// Tells who set a part, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Who.
    pub operator: OperatorName,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
}

impl Attribution {
    fn of(change: &Change) -> Self {
        Self {
            operator: change.operator.clone(),
            at: change.at,
            reason: change.reason.clone(),
        }
    }
}

/// Names a part of a registration that an operator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Registration,
    /// How much it may ask.
    Limits,
    /// Whether it is switched on.
    Suspension,
}

impl Part {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Limits => "limits",
            Self::Suspension => "suspension",
        }
    }
}

#[derive(Debug, Clone)]
struct Set<T> {
    value: T,
    by: Attribution,
}

/// Says that a change that is kept can't be applied by this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what was changed of the client {0} can't be read by this version")]
pub struct Unreadable(pub ClientId);

/// Is what operators set of one client.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// The registration; `None` inside: the client was removed.
    registration: Option<Set<Option<Box<Registration>>>>,
    limits: Option<Set<Box<Limits>>>,
    is_suspended: Option<Set<bool>>,
}

impl Overlay {
    fn apply(&mut self, change: &Change) {
        let by = || Attribution::of(change);
        let whole = |value| Self {
            registration: Some(Set { value, by: by() }),
            ..Self::default()
        };
        match &change.what {
            What::Registered(registration) => *self = whole(Some(registration.clone())),
            What::Removed => *self = whole(None),
            What::Limited(limits) => {
                self.limits = Some(Set {
                    value: limits.clone(),
                    by: by(),
                });
            }
            What::Suspended => {
                self.is_suspended = Some(Set {
                    value: true,
                    by: by(),
                })
            }
            What::Resumed => {
                self.is_suspended = Some(Set {
                    value: false,
                    by: by(),
                })
            }
            What::Reverted => *self = Self::default(),
            What::MaintenanceOn(_) | What::MaintenanceOff => {}
        }
    }

    /// Lists the parts that are set, and by whom.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &Attribution)> {
        let registration = self
            .registration
            .as_ref()
            .map(|set| (Part::Registration, &set.by));
        let limits = self.limits.as_ref().map(|set| (Part::Limits, &set.by));
        let suspension = self.is_suspended.as_ref().map(|set| (Part::Suspension, &set.by));
        registration.into_iter().chain(limits).chain(suspension)
    }

    /// Tells whether an operator removed the client.
    #[must_use]
    pub fn has_removed(&self) -> bool {
        self.registration.as_ref().is_some_and(|set| set.value.is_none())
    }

    /// Gives the client as it is under this overlay; nothing where there is none.
    fn over(&self, id: &ClientId, base: Option<&Arc<Client>>) -> Result<Option<Arc<Client>>, Unreadable> {
        let unreadable = || Unreadable(id.clone());
        let base = match &self.registration {
            None => base.cloned(),
            Some(Set { value: None, .. }) => None,
            Some(Set {
                value: Some(registration),
                ..
            }) => {
                // Judged against the catalogue when it was made. A licence for what is no longer there opens nothing.
                let client = registration.judged(&|_| None).map_err(|_| unreadable())?;
                Some(Arc::new(client))
            }
        };
        let Some(mut client) = base else {
            return Ok(None);
        };
        if let Some(limits) = &self.limits {
            Arc::make_mut(&mut client).allowance = limits.value.judged().map_err(|_| unreadable())?;
        }
        let status = match (&self.is_suspended, client.status) {
            (Some(Set { value: true, .. }), _) => Status::Suspended,
            (Some(Set { value: false, .. }), Status::Suspended) => Status::Active,
            (_, status) => status,
        };
        if status != client.status {
            Arc::make_mut(&mut client).status = status;
        }
        Ok(Some(client))
    }
}

/// Is what operators set, of all clients and of the registry.
#[derive(Debug, Clone, Default)]
pub struct Overlays {
    clients: BTreeMap<ClientId, Overlay>,
    maintenance: Option<(Arc<Notice>, Attribution)>,
}

impl Overlays {
    /// Applies a change over those before.
    pub fn apply(&mut self, change: &Change) {
        let Some(client) = &change.client else {
            self.maintenance = match &change.what {
                What::MaintenanceOn(notice) => {
                    Some((Arc::new(notice.as_ref().clone()), Attribution::of(change)))
                }
                _ => None,
            };
            return;
        };
        let overlay = self.clients.entry(client.clone()).or_default();
        overlay.apply(change);
        if overlay.parts().next().is_none() {
            self.clients.remove(client);
        }
    }

    /// Gives the notice that the registry may not be asked, and who put it up; its time may be over.
    #[must_use]
    pub fn maintenance(&self) -> Option<&(Arc<Notice>, Attribution)> {
        self.maintenance.as_ref()
    }

    /// Finds what is set of a client.
    #[must_use]
    pub fn find(&self, client: &ClientId) -> Option<&Overlay> {
        self.clients.get(client)
    }

    /// Lists the clients of whom anything is set.
    pub fn iter(&self) -> impl Iterator<Item = (&ClientId, &Overlay)> {
        self.clients.iter()
    }

    /// Gives the register that comes out of the file and what stands over it.
    ///
    /// # Errors
    /// Names the client whose change this version can't apply.
    pub fn over(&self, base: &Clients) -> Result<Clients, Unreadable> {
        let untouched = base.iter().filter(|client| self.find(&client.id).is_none());
        let mut clients: BTreeMap<_, _> = untouched
            .map(|client| (client.id.clone(), Arc::clone(client)))
            .collect();
        for (id, overlay) in &self.clients {
            if let Some(client) = overlay.over(id, base.find(id))? {
                clients.insert(id.clone(), client);
            }
        }
        Ok(clients.into_values().collect())
    }
}

#[cfg(test)]
mod tests;
