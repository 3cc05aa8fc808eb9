//! The state table of the upper layer protocol (PS3.8 section 9.2, tables 9-1 to 9-10) as data; it touches no wire.

/// States, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Sta1: idle.
    Idle,
    /// Sta2: connection open, awaiting A-ASSOCIATE-RQ.
    AwaitingRequest,
    /// Sta3: awaiting the local answer to a request.
    AwaitingLocalAnswer,
    /// Sta4: awaiting the transport connection.
    AwaitingTransport,
    /// Sta5: awaiting A-ASSOCIATE-AC or -RJ.
    AwaitingAnswer,
    /// Sta6: association established, ready for data.
    Established,
    /// Sta7: awaiting A-RELEASE-RP.
    AwaitingRelease,
    /// Sta8: awaiting the local answer to a release.
    AwaitingLocalRelease,
    /// Sta9: release collision, requestor side, awaiting the local answer.
    CollisionRequestorLocal,
    /// Sta10: release collision, acceptor side, awaiting A-RELEASE-RP.
    CollisionAcceptorPeer,
    /// Sta11: release collision, requestor side, awaiting A-RELEASE-RP.
    CollisionRequestorPeer,
    /// Sta12: release collision, acceptor side, awaiting the local answer.
    CollisionAcceptorLocal,
    /// Sta13: awaiting the transport to close.
    AwaitingClose,
}

impl State {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Idle,
        Self::AwaitingRequest,
        Self::AwaitingLocalAnswer,
        Self::AwaitingTransport,
        Self::AwaitingAnswer,
        Self::Established,
        Self::AwaitingRelease,
        Self::AwaitingLocalRelease,
        Self::CollisionRequestorLocal,
        Self::CollisionAcceptorPeer,
        Self::CollisionRequestorPeer,
        Self::CollisionAcceptorLocal,
        Self::AwaitingClose,
    ];
}

/// Events, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Evt1: A-ASSOCIATE request of the local user.
    LocalRequest,
    /// Evt2: the transport connection is confirmed.
    TransportOpened,
    /// Evt3: A-ASSOCIATE-AC received.
    Accepted,
    /// Evt4: A-ASSOCIATE-RJ received.
    Rejected,
    /// Evt5: a transport connection came in.
    TransportCame,
    /// Evt6: A-ASSOCIATE-RQ received.
    Requested,
    /// Evt7: the local user accepts.
    LocalAccept,
    /// Evt8: the local user rejects.
    LocalReject,
    /// Evt9: the local user sends data.
    LocalData,
    /// Evt10: P-DATA-TF received.
    Data,
    /// Evt11: the local user releases.
    LocalRelease,
    /// Evt12: A-RELEASE-RQ received.
    ReleaseRequested,
    /// Evt13: A-RELEASE-RP received.
    Released,
    /// Evt14: the local user answers a release.
    LocalReleaseAnswer,
    /// Evt15: the local user aborts.
    LocalAbort,
    /// Evt16: A-ABORT received.
    Aborted,
    /// Evt17: the transport closed.
    TransportClosed,
    /// Evt18: ARTIM expired.
    Expired,
    /// Evt19: an unrecognised or invalid PDU received.
    Invalid,
}

impl Event {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::LocalRequest,
        Self::TransportOpened,
        Self::Accepted,
        Self::Rejected,
        Self::TransportCame,
        Self::Requested,
        Self::LocalAccept,
        Self::LocalReject,
        Self::LocalData,
        Self::Data,
        Self::LocalRelease,
        Self::ReleaseRequested,
        Self::Released,
        Self::LocalReleaseAnswer,
        Self::LocalAbort,
        Self::Aborted,
        Self::TransportClosed,
        Self::Expired,
        Self::Invalid,
    ];
}

/// What a transition does (PS3.8 tables 9-6 to 9-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the tables")]
pub enum Action {
    Ae1,
    Ae2,
    Ae3,
    Ae4,
    Ae5,
    Ae6,
    Ae7,
    Ae8,
    Dt1,
    Dt2,
    Ar1,
    Ar2,
    Ar3,
    Ar4,
    Ar5,
    Ar6,
    Ar7,
    Ar8,
    Ar9,
    Ar10,
    Aa1,
    Aa2,
    Aa3,
    Aa4,
    Aa5,
    Aa6,
    Aa7,
    Aa8,
}

impl Action {
    /// The state after the action. Ae6 can also end in [`State::AwaitingClose`], where it rejects; Ar8 depends on the side.
    pub fn leads_to(self, is_requestor: bool) -> State {
        match self {
            Self::Ae1 => State::AwaitingTransport,
            Self::Ae2 => State::AwaitingAnswer,
            Self::Ae3 | Self::Ae7 | Self::Dt1 | Self::Dt2 => State::Established,
            Self::Ae5 => State::AwaitingRequest,
            Self::Ae6 => State::AwaitingLocalAnswer,
            Self::Ar1 | Self::Ar6 => State::AwaitingRelease,
            Self::Ar2 | Self::Ar7 => State::AwaitingLocalRelease,
            Self::Ar8 if is_requestor => State::CollisionRequestorLocal,
            Self::Ar8 => State::CollisionAcceptorPeer,
            Self::Ar9 => State::CollisionRequestorPeer,
            Self::Ar10 => State::CollisionAcceptorLocal,
            Self::Ae8 | Self::Ar4 | Self::Aa1 | Self::Aa6 | Self::Aa7 | Self::Aa8 => State::AwaitingClose,
            Self::Ae4 | Self::Ar3 | Self::Ar5 | Self::Aa2 | Self::Aa3 | Self::Aa4 | Self::Aa5 => State::Idle,
        }
    }
}

/// Table 9-10. `None` where the event cannot happen in the state.
#[allow(clippy::match_same_arms, reason = "the order is that of the printed table")]
pub fn transition(state: State, event: Event) -> Option<Action> {
    use Action::{
        Aa1, Aa2, Aa3, Aa4, Aa5, Aa6, Aa7, Aa8, Ae1, Ae2, Ae3, Ae4, Ae5, Ae6, Ae7, Ae8, Ar1, Ar2, Ar3, Ar4,
        Ar5, Ar6, Ar7, Ar8, Ar9, Ar10, Dt1, Dt2,
    };
    use Event as E;
    use State as S;
    Some(match (event, state) {
        (E::LocalRequest, S::Idle) => Ae1,
        (E::TransportOpened, S::AwaitingTransport) => Ae2,
        (E::TransportCame, S::Idle) => Ae5,
        // Nothing else happens without a transport connection.
        (E::LocalAbort, S::AwaitingTransport) => Aa2,
        (E::TransportClosed, S::AwaitingTransport) => Aa4,
        (_, S::Idle | S::AwaitingTransport) => return None,

        (E::Accepted, S::AwaitingAnswer) => Ae3,
        (E::Rejected, S::AwaitingAnswer) => Ae4,
        (E::Requested, S::AwaitingRequest) => Ae6,
        (E::LocalAccept, S::AwaitingLocalAnswer) => Ae7,
        (E::LocalReject, S::AwaitingLocalAnswer) => Ae8,

        (E::LocalData, S::Established) => Dt1,
        (E::LocalData, S::AwaitingLocalRelease) => Ar7,
        (E::Data, S::Established) => Dt2,
        (E::Data, S::AwaitingRelease) => Ar6,

        (E::LocalRelease, S::Established) => Ar1,
        (E::ReleaseRequested, S::Established) => Ar2,
        (E::ReleaseRequested, S::AwaitingRelease) => Ar8,
        (E::Released, S::AwaitingRelease | S::CollisionRequestorPeer) => Ar3,
        (E::Released, S::CollisionAcceptorPeer) => Ar10,
        (E::LocalReleaseAnswer, S::AwaitingLocalRelease | S::CollisionAcceptorLocal) => Ar4,
        (E::LocalReleaseAnswer, S::CollisionRequestorLocal) => Ar9,

        (E::LocalAbort, S::AwaitingRequest | S::AwaitingClose) => return None,
        (E::LocalAbort, _) => Aa1,
        (E::Aborted, S::AwaitingRequest | S::AwaitingClose) => Aa2,
        (E::Aborted, _) => Aa3,
        (E::TransportClosed, S::AwaitingRequest) => Aa5,
        (E::TransportClosed, S::AwaitingClose) => Ar5,
        (E::TransportClosed, _) => Aa4,
        (E::Expired, S::AwaitingRequest | S::AwaitingClose) => Aa2,

        // Every other PDU is out of place.
        (E::Requested | E::Invalid, S::AwaitingClose) => Aa7,
        (E::Accepted | E::Rejected | E::Data | E::ReleaseRequested | E::Released, S::AwaitingClose) => Aa6,
        (
            E::Accepted | E::Rejected | E::Data | E::ReleaseRequested | E::Released | E::Invalid,
            S::AwaitingRequest,
        ) => Aa1,
        (
            E::Accepted
            | E::Rejected
            | E::Requested
            | E::Data
            | E::ReleaseRequested
            | E::Released
            | E::Invalid,
            _,
        ) => Aa8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 9-10 as it is printed: a row an event, a column a state from Sta1 to Sta13, `-` where nothing stands.
    const PRINTED: &str = "\
AE-1 -    -    -    -    -    -    -    -    -    -    -    -
-    -    -    AE-2 -    -    -    -    -    -    -    -    -
-    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6
-    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6
AE-5 -    -    -    -    -    -    -    -    -    -    -    -
-    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-7
-    -    AE-7 -    -    -    -    -    -    -    -    -    -
-    -    AE-8 -    -    -    -    -    -    -    -    -    -
-    -    -    -    -    DT-1 -    AR-7 -    -    -    -    -
-    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6
-    -    -    -    -    AR-1 -    -    -    -    -    -    -
-    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6
-    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
-    -    -    -    -    -    -    AR-4 AR-9 -    -    AR-4 -
-    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 -
-    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-2
-    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AR-5
-    AA-2 -    -    -    -    -    -    -    -    -    -    AA-2
-    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-7";

    #[test]
    fn every_state_and_event_is_as_the_standard_prints_it() {
        let rows: Vec<Vec<&str>> = PRINTED.lines().map(|row| row.split_whitespace().collect()).collect();
        assert_eq!((rows.len(), rows[0].len()), (19, 13));
        for (event, row) in Event::ALL.into_iter().zip(rows) {
            for (state, printed) in State::ALL.into_iter().zip(row) {
                let found = transition(state, event).map(|action| format!("{action:?}").to_uppercase());
                let found = found.map_or("-".to_owned(), |name| format!("{}-{}", &name[..2], &name[2..]));
                assert_eq!(found, printed, "{event:?} in {state:?}");
            }
        }
    }
}
