//! The rules of who comes in, without a socket.

use std::net::Ipv4Addr;

use stallcast_wire::{INVITE_MINUTES_MAX, INVITES_MOST, InviteMade};

use super::*;

fn home() -> (tempfile::TempDir, Team) {
    let folder = tempfile::tempdir().unwrap();
    let team = opened(folder.path());
    (folder, team)
}

/// With a door that phones reach.
fn opened(folder: &std::path::Path) -> Team {
    let team = Team::open(folder.join("team.json"));
    {
        let mut state = team.lock();
        state.kept.settings.bind = "192.168.1.7".into();
    }
    team.learn_door(DoorState {
        port: Some(4480),
        ..DoorState::default()
    });
    team
}

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 9));

fn secret_of(made: &InviteMade) -> String {
    made.links[0].url.split_once("#join=").unwrap().1.to_owned()
}

fn offered(secret: &str, once: &str) -> Offered {
    Offered {
        secret: secret.into(),
        once: once.into(),
    }
}

async fn joined(team: &Team, secret: &str) -> Result<String, ErrorCode> {
    joined_as(team, secret, "").await
}

/// From a browser that calls itself `once`.
async fn joined_as(team: &Team, secret: &str, once: &str) -> Result<String, ErrorCode> {
    let joined = team
        .join(offered(secret, once), "iPhone".into(), FROM)
        .await;
    joined
        .map(|(joined, _)| joined.token)
        .map_err(|error| error.code)
}

#[tokio::test]
async fn an_invite_opens_once_and_its_secret_is_nowhere_on_the_disk() {
    let (folder, team) = home();
    let made = team.invite("小李", Role::Moderator, false, 10).unwrap();
    assert!(made.links[0].url.starts_with("http://192.168.1.7:4480/#"));
    assert!(!made.links[0].qr.is_empty());
    let secret = secret_of(&made);
    assert!(secret.len() * 6 >= 128);
    let seen = team
        .invited(&offered(&secret, ""), "orchard", FROM)
        .unwrap();
    assert_eq!((seen.name.as_str(), seen.role), ("小李", Role::Moderator));
    let both = tokio::join!(joined(&team, &secret), joined(&team, &secret));
    let token = both.0.unwrap();
    assert_eq!(both.1, Err(ErrorCode::InviteUsed));
    assert_eq!(
        team.invited(&offered(&secret, ""), "", FROM)
            .unwrap_err()
            .code,
        ErrorCode::InviteUsed
    );
    let actor = team.actor(&token, FROM).unwrap();
    assert_eq!((actor.name.as_str(), actor.role), ("小李", Role::Moderator));
    let file = std::fs::read_to_string(folder.path().join("team.json")).unwrap();
    assert!(!file.contains(&secret) && !file.contains(&token));
    assert!(!format!("{made:?}").contains(&secret));

    // A device is known after a restart; an open invite is not.
    let open = team.invite("b", Role::Viewer, false, 10).unwrap();
    drop(team);
    let team = opened(folder.path());
    assert!(team.actor(&token, FROM).is_ok());
    assert_eq!(
        joined(&team, &secret_of(&open)).await,
        Err(ErrorCode::InviteUnknown)
    );
}

#[tokio::test]
async fn over_withdrawn_and_made_up_invites_say_what_they_are() {
    let (_folder, team) = home();
    let over = team.invite("a", Role::Viewer, false, 1).unwrap();
    team.lock().invites[0].view.expires_at = now().0;
    assert_eq!(
        joined(&team, &secret_of(&over)).await,
        Err(ErrorCode::InviteExpired)
    );
    let taken_back = team.invite("a", Role::Viewer, false, 1).unwrap();
    team.withdraw(&taken_back.invite.id);
    assert_eq!(
        joined(&team, &secret_of(&taken_back)).await,
        Err(ErrorCode::InviteUnknown)
    );
    for _ in 0..8 {
        assert_eq!(joined(&team, "x").await, Err(ErrorCode::InviteUnknown));
    }
    assert_eq!(joined(&team, "x").await, Err(ErrorCode::TooManyTries));
    let good = team.invite("a", Role::Viewer, false, 1).unwrap();
    assert!(
        joined(&team, &secret_of(&good)).await.is_ok(),
        "who has a right one is not kept out"
    );
}

#[tokio::test]
async fn nobody_is_made_an_owner_and_there_are_only_so_many() {
    let (_folder, team) = home();
    for (name, role, minutes) in [
        ("a", Role::Owner, 10),
        ("a", Role::Viewer, 0),
        ("a", Role::Viewer, INVITE_MINUTES_MAX + 1),
    ] {
        let refused = team.invite(name, role, false, minutes).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Malformed);
    }
    let refused = team.invite("studio", Role::Lead, false, 1).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NameUnusable);
    for _ in 0..INVITES_MOST {
        team.invite("a", Role::Viewer, false, 10).unwrap();
    }
    let refused = team.invite("a", Role::Viewer, false, 10).unwrap_err();
    assert_eq!(refused.code, ErrorCode::TeamFull);
}

#[tokio::test]
async fn a_device_waits_for_the_yes_and_goes_at_once_when_revoked() {
    let (folder, team) = home();
    let made = team.invite("a", Role::Producer, true, 10).unwrap();
    let token = joined(&team, &secret_of(&made)).await.unwrap();
    let waits = team.enter(&token, FROM).err().unwrap();
    assert_eq!((waits.code, waits.retryable), (ErrorCode::AwaitsYes, true));
    let id = team.view().borrow().members[0].id.clone();
    team.admit(&id).await.unwrap();
    let (_, mut presence) = team.enter(&token, FROM).unwrap();
    assert_eq!(team.view().borrow().members[0].online, 1);
    team.revoke(&id).await.unwrap();
    assert!(presence.is_over());
    presence.over().await;
    drop(presence);
    assert_eq!(
        team.actor(&token, FROM).unwrap_err().code,
        ErrorCode::AccessEnded
    );
    assert!(team.lock().here.is_empty());
    assert!(opened(folder.path()).actor(&token, FROM).is_err());
    let unknown = team.revoke(&id).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_file_that_was_tampered_with_gives_nobody_the_owners_rights() {
    let (_folder, team) = home();
    let made = team.invite("a", Role::Lead, false, 10).unwrap();
    let token = joined(&team, &secret_of(&made)).await.unwrap();
    team.lock().kept.members[0].role = Role::Owner;
    assert_eq!(team.actor(&token, FROM).unwrap().role, Role::Lead);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let with = |change: fn(&mut TeamSettings)| {
        let mut settings = TeamSettings::default();
        change(&mut settings);
        check(&settings).map_err(|error| error.params["cause"].clone())
    };
    assert_eq!(with(|_| {}), Ok(()));
    assert_eq!(
        with(|it| it.address = "https://team.example:8443".into()),
        Ok(())
    );
    for address in [
        "http://team.example",
        "https://team.example/x",
        "https://a@team.example",
        "team.example",
    ] {
        let settings = TeamSettings {
            address: address.into(),
            ..TeamSettings::default()
        };
        assert!(check(&settings).is_err(), "{address}");
    }
    assert_eq!(
        with(|it| it.bind = "localhost".into()),
        Err("team_bind".into())
    );
    assert_eq!(
        with(|it| it.certificate = "a.pem".into()),
        Err("team_certificate".into())
    );
}

#[tokio::test]
async fn whoever_did_not_hear_that_they_joined_joins_again_and_nobody_else_does() {
    let (_folder, team) = home();
    let made = team.invite("Li", Role::Moderator, true, 10).unwrap();
    let secret = secret_of(&made);
    let own = "a name that only this browser has";
    let lost = joined_as(&team, &secret, own).await.unwrap();
    for other in ["", "short", "a name that another browser has"] {
        assert_eq!(
            joined_as(&team, &secret, other).await,
            Err(ErrorCode::InviteUsed)
        );
    }
    let seen = team.invited(&offered(&secret, own), "orchard", FROM);
    assert_eq!(seen.unwrap().name, "Li", "it is still theirs");
    let heard = joined_as(&team, &secret, own).await.unwrap();
    assert_eq!(team.lock().kept.members.len(), 1, "one device");
    assert_ne!(lost, heard);
    assert_eq!(
        team.actor(&lost, FROM).unwrap_err().code,
        ErrorCode::AccessEnded,
        "the token that nobody has opens nothing"
    );
    let id = team.lock().kept.members[0].id.clone();
    team.admit(&id).await.unwrap();
    let (_, presence) = team.enter(&heard, FROM).unwrap();
    assert_eq!(
        joined_as(&team, &secret, own).await,
        Err(ErrorCode::InviteUsed),
        "whoever is in needs no other token"
    );
    drop(presence);
}

#[tokio::test]
async fn two_of_one_name_are_two_in_the_journal_and_for_those_who_hand_out_questions() {
    let (folder, team) = home();
    let names = [
        team.invite("Li", Role::Moderator, false, 10).unwrap(),
        team.invite("li", Role::Producer, false, 10).unwrap(),
        team.invite("Wang", Role::Viewer, false, 10).unwrap(),
    ];
    let names = names.map(|made| (made.invite.name.clone(), secret_of(&made)));
    assert_eq!(
        names.clone().map(|(name, _)| name),
        ["Li", "li (2)", "Wang"]
    );
    for (_, secret) in &names {
        joined(&team, secret).await.unwrap();
    }
    let crew = team.crew().borrow().clone();
    let told: Vec<_> = crew.members.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(told, ["Li", "li (2)"], "who looks on sees to no question");
    assert!(team.works_on_chat("li (2)") && !team.works_on_chat("Wang"));
    assert_eq!(team.away_ms("Zhao"), None);
    assert!(team.away_ms("Li").is_some());

    // A file of a time when two could have the same name.
    let file = folder.path().join("team.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("li (2)", "Li")).unwrap();
    drop(team);
    let team = opened(folder.path());
    let members = team.lock().kept.members.clone();
    let told: Vec<_> = members.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(told, ["Li", "Li (2)", "Wang"]);
}
