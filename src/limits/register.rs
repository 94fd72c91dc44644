//! Where are the counters of a client?
//!
//! An account for each client that was ever registered, made when it first calls, since registrations come and go while the
//! gateway runs. Accounts are numbered, so that the tables of officers and persons need no text in their keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::bucket::Bucket;
use super::client::Counters;
use super::table::Hasher;
use super::{Day, Moment, Spent};
use crate::clock::Steady;
use crate::domain::client::ClientId;
use crate::policy::clients::Client;

/// Is what is counted of one client.
#[derive(Debug)]
pub struct Account {
    /// The client.
    pub id: ClientId,
    /// Its number in this process, from one.
    pub number: u32,
    /// Calls that were refused before the limits.
    pub refused: Bucket,
    counters: Mutex<Counters>,
}

impl Account {
    /// Works on the counters, which nobody else does meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Accounts {
    by_id: HashMap<ClientId, Arc<Account>, Hasher>,
    by_number: Vec<Arc<Account>>,
}

/// Holds all accounts.
#[derive(Debug)]
pub struct Register {
    accounts: RwLock<Accounts>,
    touched: Mutex<Vec<Arc<Account>>>,
    refused_per_second: u32,
    /// What was spent before the start, on the day of the start.
    spent: BTreeMap<ClientId, Spent>,
    started: Day,
    clock: Steady,
}

impl Register {
    /// Makes an empty register.
    pub fn new(
        refused_per_second: u32,
        spent: BTreeMap<ClientId, Spent>,
        clock: Steady,
        now: Moment,
    ) -> Self {
        Self {
            accounts: RwLock::default(),
            touched: Mutex::default(),
            refused_per_second,
            spent,
            started: now.today(),
            clock,
        }
    }

    /// Finds a client's account, or opens one.
    pub fn account(&self, client: &Client, now: Moment) -> Arc<Account> {
        if let Some(account) = self.find(&client.id) {
            return account;
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.by_id.get(&client.id) {
            return Arc::clone(account);
        }
        let number = u32::try_from(accounts.by_number.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let account = Arc::new(Account {
            id: client.id.clone(),
            number,
            refused: Bucket::new(self.refused_per_second, self.refused_per_second, &self.clock),
            counters: Mutex::new(Counters::new(
                client.allowance,
                self.spent_by(&client.id, now),
                now,
            )),
        });
        accounts.by_id.insert(client.id.clone(), Arc::clone(&account));
        accounts.by_number.push(Arc::clone(&account));
        account
    }

    /// Finds a client's account.
    pub fn find(&self, id: &ClientId) -> Option<Arc<Account>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.by_id.get(id).map(Arc::clone)
    }

    /// Finds an account by its number.
    pub fn numbered(&self, number: u32) -> Option<Arc<Account>> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.by_number.get(at).map(Arc::clone)
    }

    /// Lists every account.
    pub fn all(&self) -> Vec<Arc<Account>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.by_number.clone()
    }

    /// Remembers that an account has something to tell.
    pub fn touch(&self, account: &Arc<Account>) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.push(Arc::clone(account));
    }

    /// Gives every account that was touched since this was last asked.
    pub fn touched(&self) -> Vec<Arc<Account>> {
        std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives what the client had spent at the start, as far as its day and month still run.
    fn spent_by(&self, id: &ClientId, now: Moment) -> Spent {
        let spent = self.spent.get(id).copied().unwrap_or_default();
        let today = now.today();
        Spent {
            day: if today <= self.started { spent.day } else { 0 },
            month: if today.first_of_month() <= self.started.first_of_month() {
                spent.month
            } else {
                0
            },
        }
    }
}
