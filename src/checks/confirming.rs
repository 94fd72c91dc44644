//! What goes into the dossier once no paper is required?
//!
//! From a check's findings to the confirmation: who looked, for which work, each fact with the papers that it replaces, and
//! the law of the day. What another database holds was looked up by nobody, so it replaces no paper here.

use jiff::Timestamp;

use super::decision::{Finding, Verdict};
use super::working_time::day_of;
use super::{Checks, Matter, names};
use crate::audit;
use crate::confirmations::{Bilingual, ConfirmedFact, FactResult, Issue, Issued, Reason};
use crate::domain::pin::IdNumber;
use crate::exchange::{Cause, Moment};
use crate::policy::Denied;
use crate::policy::procedures::Procedure;
use crate::sealing::Pseudonym;

impl Checks {
    /// Confirms the facts; what changed while they were gathered is confirmed to nobody.
    ///
    /// A change that is told later finds the confirmation and revokes it; one that was told before it was there didn't, so it
    /// is looked for once more.
    pub(super) async fn confirm(
        &self,
        issue: Issue,
        people: &[IdNumber],
        begun: Moment,
    ) -> Result<Issued, Cause> {
        let unavailable = |_| Cause::Audit(audit::Unavailable);
        let issued = self.confirmations.issue(issue).await.map_err(unavailable)?;
        if self.exchange.have_changed(people, begun) {
            for number in people {
                let person = self.confirmations.person(number);
                let revoked = self.confirmations.revoke_of(person, Reason::FoundChanged).await;
                revoked.map_err(unavailable)?;
            }
        }
        Ok(issued)
    }

    pub(super) fn issue(
        &self,
        matter: &Matter<'_>,
        procedure: &Procedure,
        findings: &[Finding],
        (people, living): (&[IdNumber], Vec<Pseudonym>),
        now: Timestamp,
    ) -> Result<Issue, Cause> {
        let fact = |finding: &Finding| ConfirmedFact {
            role: names::of_role(&finding.role),
            fact: names::of_fact(&finding.fact),
            result: if finding.verdict == Verdict::Elsewhere {
                FactResult::Elsewhere
            } else {
                FactResult::Match
            },
            replaces: finding
                .replaces
                .iter()
                .filter(|_| finding.verdict != Verdict::Elsewhere)
                .copied()
                .map(names::of_paper)
                .collect(),
        };
        // Policy has let nobody open a check without one.
        let officer = self.exchange.officer_of(matter.mandate);
        Ok(Issue {
            client: matter.mandate.client.clone(),
            unit: matter.mandate.unit.clone(),
            officer: officer.ok_or(Denied::OfficerRequired)?,
            procedure: procedure.code.clone(),
            procedure_name: Bilingual {
                vi: procedure.name_vi.clone(),
                en: procedure.name_en.clone(),
            },
            dossier: matter.context.dossier.clone(),
            channel: matter.context.channel,
            transaction_id: matter.call.transaction_id,
            issued_at: now,
            valid_for: procedure.confirmation_valid_for,
            subjects: people
                .iter()
                .map(|number| self.confirmations.person(number))
                .chain(living)
                .collect(),
            facts: findings.iter().map(fact).collect(),
            legal_ground: procedure
                .grounds_on(day_of(now))
                .map(|ground| ground.article.clone())
                .collect(),
        })
    }
}
