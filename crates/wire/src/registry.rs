//! The registry: the least role for every command and request. The router asks here and nowhere else.

use stallcast_show::{Command, Role};

use crate::Request;

/// The least role that may send `command`; `None` = only the engine itself.
pub fn least_role(command: &Command) -> Option<Role> {
    Some(match command {
        Command::StartPoll { .. }
        | Command::ClosePoll
        | Command::ClearPoll
        | Command::PinQuestion { .. }
        | Command::AnswerQuestion { .. }
        | Command::SendNote { .. }
        | Command::TickNote { .. }
        | Command::UnpinQuestion
        | Command::MergeQuestions { .. }
        | Command::SplitQuestion { .. }
        | Command::MarkQuestion { .. }
        | Command::ClaimQuestion { .. }
        | Command::FreeQuestion { .. }
        | Command::HideLine { .. }
        | Command::ShowHidden { .. }
        | Command::ReleaseHeld { .. }
        | Command::RemoveHeld { .. }
        | Command::SetModeration { .. }
        | Command::StartPanic { .. }
        | Command::EndPanic => Role::Moderator,
        Command::PutOnAir { .. }
        | Command::PlaceBid { .. }
        | Command::StrikeBid { .. }
        | Command::CloseAuction
        | Command::ClearAuction
        | Command::ShowCorrection { .. }
        | Command::EndCorrection
        | Command::TakeOffAir
        | Command::AssignQuestion { .. }
        | Command::StartCountdown { .. }
        | Command::StopCountdown
        | Command::SetStock { .. }
        | Command::AdjustStock { .. }
        | Command::AdjustBundles { .. }
        | Command::SetVetted { .. }
        | Command::VetProducts { .. }
        | Command::OverrideVetting { .. }
        | Command::SetRundown { .. }
        | Command::PutProduct { .. }
        | Command::AddToRundown { .. }
        | Command::SetTicker { .. }
        | Command::SetTickerLook { .. }
        | Command::CountGoal { .. }
        | Command::ShowGoal { .. }
        | Command::SetGoal { .. }
        | Command::ShowLowerThird { .. }
        | Command::RemoveLowerThird { .. }
        | Command::PutLowerThird { .. }
        | Command::SetLogo { .. }
        | Command::SetCardLook { .. }
        | Command::PlacePart { .. }
        | Command::SetPictureText { .. }
        | Command::ResetParts { .. }
        | Command::StartBreak { .. }
        | Command::EndBreak
        | Command::SwitchScene { .. }
        | Command::SetStrip { .. }
        | Command::SetSound { .. }
        | Command::SetDucking { .. } => Role::Producer,
        Command::Rename { .. }
        | Command::ImportProducts { .. }
        | Command::OverrideRule { .. }
        | Command::OverrideWords { .. }
        | Command::SetVetting { .. }
        | Command::RemoveProduct { .. }
        | Command::RemoveProducts { .. }
        | Command::PutSource { .. }
        | Command::RemoveSource { .. }
        | Command::SetCamera { .. }
        | Command::SetVirtualCamera { .. }
        | Command::PutScene { .. }
        | Command::SetIsolated { .. }
        | Command::RemoveScene { .. }
        | Command::SetCanvases { .. }
        | Command::ClearLottery { .. }
        | Command::StartAuction { .. }
        | Command::CancelAuction { .. }
        | Command::SetRecording { .. }
        | Command::SetMarkets { .. }
        | Command::SetRecordingSplit { .. }
        | Command::SetVideoBitrate { .. } => Role::Lead,
        Command::PutDestination { .. }
        | Command::RemoveDestination { .. }
        | Command::StartRehearsal
        | Command::GoLive
        | Command::EndShow => Role::Owner,
        Command::NoteRecordingPart { .. }
        | Command::CountStock { .. }
        | Command::NoteOrder { .. }
        | Command::NoteFilesRemoved { .. }
        | Command::NoteIncident { .. }
        | Command::NoteDropped { .. }
        | Command::BeginLottery { .. }
        | Command::CloseLottery { .. }
        | Command::NoteDraw { .. }
        | Command::TakeBackProducts { .. }
        | Command::NoteChat { .. }
        | Command::HoldChat { .. }
        | Command::NotePlatformAct { .. }
        | Command::TakeBackChat { .. } => return None,
    })
}

/// The least role that may send `request`.
pub fn least_role_of_request(request: &Request) -> Role {
    match request {
        Request::Products { .. } => Role::Viewer,
        Request::QuestionLines { .. }
        | Request::PhraseAnswer { .. }
        | Request::StopPhrasing { .. } => Role::Moderator,
        Request::ActOnChat { .. } => Role::Moderator,
        Request::Platforms
        | Request::Themes
        | Request::PictureParts
        | Request::Preflight
        | Request::SaveReplay
        | Request::PastShows
        | Request::Recap { .. }
        | Request::Clips { .. }
        | Request::Evidence { .. }
        | Request::Keeping => Role::Producer,
        Request::Devices
        | Request::Encoders
        | Request::Codecs
        | Request::UseEncoder { .. }
        | Request::Phone { .. }
        | Request::Camera { .. }
        | Request::ConnectChat { .. }
        | Request::Relay
        | Request::TakeBackProducts
        | Request::RemoveAllProducts
        | Request::StartLottery { .. }
        | Request::DrawLottery
        | Request::MakeClips { .. }
        | Request::StopClips
        | Request::MakeEvidence { .. }
        | Request::StopEvidence
        | Request::SaveRecap { .. }
        | Request::ShowInFolder { .. }
        | Request::DisconnectChat { .. } => Role::Lead,
        Request::SetKey { .. }
        | Request::GoLiveWithout { .. }
        | Request::TestUpload { .. }
        | Request::Webhook
        | Request::Obs
        | Request::SetObs { .. }
        | Request::SetObsNetwork { .. }
        | Request::NewObsPassword
        | Request::SetTeam { .. }
        | Request::Invite { .. }
        | Request::WithdrawInvite { .. }
        | Request::AdmitMember { .. }
        | Request::RevokeMember { .. }
        | Request::Orders
        | Request::SetShopSecret { .. }
        | Request::Phrasing
        | Request::SetPhrasing { .. }
        | Request::TestPhrasing
        | Request::WatchStock { .. }
        | Request::SetKeeping { .. }
        | Request::RemoveKept { .. }
        | Request::Doctor
        | Request::SaveDoctorReport { .. }
        | Request::Shutdown => Role::Owner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_the_engine_writes_chat_into_the_journal() {
        assert_eq!(least_role(&Command::NoteChat { lines: vec![] }), None);
    }

    #[test]
    fn only_the_owner_goes_live_and_stores_keys() {
        assert_eq!(least_role(&Command::GoLive), Some(Role::Owner));
        let key = Request::SetKey {
            destination: "a".into(),
            key: String::new(),
            allow_file: false,
        };
        let anyway = Request::GoLiveWithout { without: vec![] };
        for owners in [key, anyway, Request::Webhook] {
            assert_eq!(least_role_of_request(&owners), Role::Owner);
        }
    }
}
