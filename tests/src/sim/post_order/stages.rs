//! How returns, inquiries and cases go, step by step, in eBay's words.

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A buyer sends something back.
    Return,
    /// A buyer asks where something is.
    Inquiry,
    /// eBay decides.
    Case,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Return, Kind::Inquiry, Kind::Case];

/// One step; an inquiry's and a case's `state` is not shown where eBay has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) state: &'static str,
    pub(crate) status: &'static str,
    /// What was done to get here.
    pub(crate) act: &'static str,
    /// Whether the seller must answer.
    pub(crate) due: bool,
}

impl Stage {
    /// Whether nothing more is expected.
    pub(crate) fn is_closed(self) -> bool {
        self.state.contains("CLOSED") || self.status.contains("CLOSED")
    }
}

const fn due(state: &'static str, status: &'static str, act: &'static str) -> Stage {
    Stage {
        state,
        status,
        act,
        due: true,
    }
}

const fn done(state: &'static str, status: &'static str, act: &'static str) -> Stage {
    Stage {
        state,
        status,
        act,
        due: false,
    }
}

type Path = &'static [Stage];

const RETURNS: [Path; 4] = [
    &[
        due(
            "RETURN_REQUESTED",
            "RETURN_REQUESTED",
            "BUYER_CREATE_RETURN",
        ),
        done(
            "ITEM_READY_TO_SHIP",
            "READY_FOR_SHIPPING",
            "SELLER_APPROVE_REQUEST",
        ),
        done("ITEM_SHIPPED", "ITEM_SHIPPED", "NOTIFIED_SHIPPED"),
        due("ITEM_DELIVERED", "ITEM_DELIVERED", "NOTIFIED_DELIVERED"),
        done("CLOSED", "CLOSED", "SELLER_ISSUE_REFUND"),
    ],
    &[
        due(
            "REPLACEMENT_REQUESTED",
            "REPLACEMENT_REQUESTED",
            "BUYER_CREATE_RETURN",
        ),
        done(
            "REPLACEMENT_SHIPPED",
            "REPLACEMENT_SHIPPED",
            "SELLER_MARK_REPLACEMENT_SHIPPED",
        ),
        done("CLOSED", "REPLACED", "NOTIFY_REPLACEMENT_DELIVERED"),
    ],
    &[
        due(
            "RETURN_REQUESTED",
            "RETURN_REQUESTED",
            "BUYER_CREATE_RETURN",
        ),
        done(
            "PARTIAL_REFUND_REQUESTED",
            "PARTIAL_REFUND_REQUESTED",
            "SELLER_OFFER_PARTIAL_REFUND",
        ),
        due(
            "PARTIAL_REFUND_DECLINED",
            "PARTIAL_REFUND_DECLINED",
            "BUYER_DECLINE_PARTIAL_REFUND",
        ),
        done("CLOSED", "CLOSED", "SELLER_ISSUE_REFUND"),
    ],
    &[
        due(
            "RETURN_REQUESTED",
            "RETURN_REQUESTED",
            "BUYER_CREATE_RETURN",
        ),
        due(
            "RETURN_REQUEST_TIMEOUT",
            "RETURN_REQUESTED_TIMEOUT",
            "TIME_OUT_FOR_AUTHORIZE",
        ),
        due("RETURN_REQUEST_TIMEOUT", "ESCALATED", "BUYER_ESCALATE"),
        done("CLOSED", "ESCALATED", "SELLER_ISSUE_REFUND"),
    ],
];

const INQUIRIES: [Path; 3] = [
    &[
        done("PENDING_CREATED", "PENDING", "BUYER_CREATE_INQUIRY"),
        due("CREATED", "OPEN", "SYSTEM_NOTIFY_SELLER"),
        due("CREATED", "WAITING_SELLER_RESPONSE", "BUYER_SEND_MESSAGE"),
        done(
            "SHIPPING_INFO_PROVIDED",
            "WAITING_BUYER_RESPONSE",
            "SELLER_PROVIDE_SHIPMENT_INFO",
        ),
        done("CLOSED", "CLOSED", "BUYER_CLOSE_INQUIRY"),
    ],
    &[
        due("CREATED", "OPEN", "BUYER_CREATE_INQUIRY"),
        due(
            "PARTIAL_REFUND_OFFERED",
            "WAITING_BUYER_RESPONSE",
            "SELLER_OFFER_PARTIAL_REFUND",
        ),
        done("CLOSED", "CLOSED_WITH_ESCALATION", "BUYER_ESCALATE_INQUIRY"),
    ],
    &[
        due("CREATED", "WAITING_SELLER_RESPONSE", "BUYER_CREATE_INQUIRY"),
        done("CLOSED", "CS_CLOSED", "CS_CLOSE_INQUIRY"),
    ],
];

const CASES: [Path; 3] = [
    &[
        due("", "OPEN", "BUYER_ESCALATE"),
        done("", "WAITING_CS", "SELLER_PROVIDE_INFO"),
        done("", "ON_HOLD", "CS_HOLD"),
        done("", "CS_CLOSED", "CS_CLOSE"),
    ],
    &[
        due("", "OPEN", "BUYER_ESCALATE"),
        done("", "WAITING_DELIVERY", "SELLER_PROVIDE_TRACKING"),
        done("", "CLOSED", "BUYER_CLOSE"),
    ],
    &[
        due("", "OPEN", "SELLER_ESCALATE"),
        due("", "REFUND_AGREED_BUT_FAILED", "SYSTEM_REFUND_FAILED"),
        done("", "CLOSED", "SELLER_REFUND"),
    ],
];

const REASONS: [[&str; 4]; 3] = [
    [
        "NOT_AS_DESCRIBED",
        "WRONG_SIZE",
        "DEFECTIVE_ITEM",
        "NO_LONGER_NEED_ITEM",
    ],
    [""; 4],
    ["NO_REFUND", "SELLER_NORESPONSE", "NOT_RECEIVED", "OTHERS"],
];

impl Kind {
    fn index(self) -> usize {
        match self {
            Self::Return => 0,
            Self::Inquiry => 1,
            Self::Case => 2,
        }
    }

    /// The ways that one can go.
    pub(crate) fn paths(self) -> &'static [Path] {
        match self {
            Self::Return => &RETURNS,
            Self::Inquiry => &INQUIRIES,
            Self::Case => &CASES,
        }
    }

    /// What may be the matter; empty where eBay does not say.
    pub(crate) fn reasons(self) -> [&'static str; 4] {
        REASONS.get(self.index()).copied().unwrap_or_default()
    }

    /// The path above `search` and the ids.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Self::Return => "/post-order/v2/return",
            Self::Inquiry => "/post-order/v2/inquiry",
            Self::Case => "/post-order/v2/casemanagement",
        }
    }

    /// Where ids begin.
    pub(crate) fn first_id(self) -> u64 {
        match self {
            Self::Return => 5_100_000_000,
            Self::Inquiry => 5_300_000_000,
            Self::Case => 5_500_000_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_ends_closed_and_no_step_looks_like_the_one_before() {
        for kind in KINDS {
            for path in kind.paths() {
                let (last, before) = path.split_last().unwrap();
                assert!(last.is_closed(), "{last:?}");
                assert!(before.iter().all(|stage| !stage.is_closed()), "{path:?}");
                for pair in path.windows(2) {
                    let shown = |stage: Stage| (stage.state, stage.status);
                    assert_ne!(shown(pair[0]), shown(pair[1]), "{kind:?}");
                }
            }
        }
    }
}
