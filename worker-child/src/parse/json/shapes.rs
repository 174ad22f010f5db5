//! The order of an object's members by name, remembered for objects of the same shape.
//!
//! Items of one page have the same members in the same order again and again. Their sorted order is
//! looked up by the names' beginnings; it is only a guess, which is checked while it is followed.

use super::tree::Member;

/// Shapes remembered.
const SLOTS: usize = 256;
/// Largest object that is remembered.
const MEMBERS: usize = 64;

/// Sorted orders of objects met before.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    slots: Vec<Slot>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    shape: u64,
    /// Positions of the members, sorted.
    order: Vec<u8>,
}

/// Where the shape's slot is, and the shape.
fn shape(members: &[Member]) -> (usize, u64) {
    let mix = |shape: u64, rank: u64| (shape ^ rank).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let shape = members.iter().fold(members.len() as u64, |shape, member| {
        mix(shape, member.rank)
    });
    let slot = (shape >> 32) as usize % SLOTS;
    (slot, shape)
}

impl Shapes {
    /// Appends the members to `out` in the order of their names, of several with one name the last.
    pub(super) fn sort<'n>(
        &mut self,
        members: &[Member],
        name: impl Fn(&Member) -> &'n [u8],
        out: &mut Vec<Member>,
    ) {
        let start = out.len();
        let (slot, shape) = shape(members);
        if let Some(slot) = self.slots.get(slot)
            && slot.shape == shape
            && slot.order.len() == members.len()
        {
            if follow(&slot.order, members, &name, out) {
                return;
            }
            out.truncate(start);
        }
        let mut order: Vec<usize> = (0..members.len()).collect();
        let key = |at: &usize| members.get(*at).map(|member| (member.rank, name(member)));
        // Stable: of members of one name the last one is last.
        order.sort_by_key(key);
        for (place, at) in order.iter().enumerate() {
            let next = order.get(place + 1).and_then(key);
            if next.is_none() || next != key(at) {
                out.extend(members.get(*at));
            }
        }
        if members.len() <= MEMBERS && out.len() - start == members.len() {
            self.slots.resize(SLOTS, Slot::default());
            let order = order.iter().filter_map(|at| u8::try_from(*at).ok());
            if let Some(slot) = self.slots.get_mut(slot) {
                slot.shape = shape;
                slot.order = order.collect();
            }
        }
    }
}

/// Appends the members in this order; says whether it is that of their names, none twice.
fn follow<'n>(
    order: &[u8],
    members: &[Member],
    name: &impl Fn(&Member) -> &'n [u8],
    out: &mut Vec<Member>,
) -> bool {
    let mut before: Option<&Member> = None;
    out.reserve(order.len());
    for at in order {
        let Some(member) = members.get(usize::from(*at)) else {
            return false;
        };
        let follows = before.is_none_or(|before| {
            before.rank < member.rank || before.rank == member.rank && name(before) < name(member)
        });
        if !follows {
            return false;
        }
        out.push(*member);
        before = Some(member);
    }
    true
}
