//! What does one `HoGiaDinh` say about a household?
//!
//! The message is our own invention (`docs/registry.md`), so it is read strictly: a household without an id, or a member
//! without a number, a name and a birth date, makes the answer unreadable. The codes of relations are the list that
//! social insurance uses; a code of no list is "not held". Where number and relation name two heads, nobody knows the head.

use jiff::Timestamp;
use roxmltree::Node;

use crate::domain::household::{Household, HouseholdId, Member, Relationship, ResidenceKind, Standing};
use crate::domain::pin::Pin;
use crate::registry::failure::Failure;
use crate::registry::wire::CITIZENS;

use super::child;
use super::citizen::{HEAD, Reader};

pub(super) fn read(
    household: Node<'_, '_>,
    as_of: Timestamp,
    unread: &mut Vec<&'static str>,
) -> Result<Household, Failure> {
    let mut members = Vec::new();
    for node in household.children() {
        if node.has_tag_name((CITIZENS, "ThanhVien")) {
            members.push(member(node, unread)?);
        }
    }
    let named = child(household, "ChuHo").and_then(|node| Reader { node, unread }.parsed("SoDinhDanh"));
    let mut reader = Reader {
        node: household,
        unread,
    };
    let id = reader
        .text("MaHoGiaDinh")
        .ok_or(Failure::Protocol("household without an id"))?;
    let head = head(named, &members);
    if head.is_none() {
        let _: Option<Pin> = reader.known("ChuHo", None);
    }
    Ok(Household {
        id: HouseholdId::held(id),
        head,
        address: reader.address("DiaChi"),
        members,
        as_of,
    })
}

/// The head by number, by relation, or by both where they agree.
fn head(named: Option<Pin>, members: &[Member]) -> Option<Pin> {
    let mut heads = members
        .iter()
        .filter(|member| member.standing == Some(Standing::Head))
        .map(|member| member.pin);
    match (named, heads.next(), heads.next()) {
        (_, Some(_), Some(_)) => None,
        (Some(named), Some(head), None) if named != head => None,
        (named, head, _) => named.or(head),
    }
}

fn member(node: Node<'_, '_>, unread: &mut Vec<&'static str>) -> Result<Member, Failure> {
    let mut reader = Reader { node, unread };
    Ok(Member {
        pin: reader
            .parsed("SoDinhDanh")
            .ok_or(Failure::Protocol("member without a readable number"))?,
        full_name: reader
            .full_name()
            .ok_or(Failure::Protocol("member without a readable name"))?,
        date_of_birth: reader
            .date_of_birth()
            .ok_or(Failure::Protocol("member without a readable birth date"))?,
        sex: reader.sex(),
        standing: standing(&mut reader),
        kind: kind(&mut reader),
        since: reader.day(node, "TuNgay"),
    })
}

fn standing(reader: &mut Reader<'_, '_, '_>) -> Option<Standing> {
    let code = reader.text("QuanHe")?;
    let standing = match code.as_str() {
        "00" | HEAD => Some(Standing::Head),
        "01" | "02" => Some(Standing::ToHead(Relationship::Spouse)),
        "03" | "04" => Some(Standing::ToHead(Relationship::Parent)),
        "05" | "06" | "07" => Some(Standing::ToHead(Relationship::Sibling)),
        "08" => Some(Standing::ToHead(Relationship::Child)),
        "09" => Some(Standing::ToHead(Relationship::Grandchild)),
        "10" | "11" => Some(Standing::ToHead(Relationship::Grandparent)),
        "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" | "20" | "21" | "99" => {
            Some(Standing::ToHead(Relationship::Other))
        }
        _ => None,
    };
    reader.known("QuanHe", standing)
}

fn kind(reader: &mut Reader<'_, '_, '_>) -> Option<ResidenceKind> {
    let word = reader.text("LoaiCuTru")?;
    let kind = match word.as_str() {
        "thuong_tru" => Some(ResidenceKind::Permanent),
        "tam_tru" => Some(ResidenceKind::Temporary),
        _ => None,
    };
    reader.known("LoaiCuTru", kind)
}

#[cfg(test)]
mod tests;
