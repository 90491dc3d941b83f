//! Names of people on the picture: several are kept, one stands at a time.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::{Event, Refusal, Show, visible};

/// Most people of one show.
const PEOPLE_MAX: usize = 24;
/// What fits in two lines that are read while somebody speaks.
const NAME_MAX: usize = 40;
const ROLE_MAX: usize = 40;

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LowerThird {
    /// Id, unique in the show.
    pub id: String,
    /// Name, 1 to 40 characters.
    pub name: String,
    /// What they do, at most 40 characters; may be empty.
    pub role: String,
}

impl Show {
    /// Whose name is on the picture.
    pub fn lower_third_shown(&self) -> Option<&LowerThird> {
        let id = self.lower_third.as_ref()?;
        self.lower_thirds.iter().find(|known| known.id == *id)
    }

    pub(crate) fn decide_put_lower_third(
        &self,
        mut lower_third: LowerThird,
    ) -> Result<Vec<Event>, Refusal> {
        check::filled("lower_third", &lower_third.id, check::ID_MAX)?;
        for text in [&mut lower_third.name, &mut lower_third.role] {
            *text = visible(text).trim().to_owned();
        }
        check::filled("person", &lower_third.name, NAME_MAX)?;
        check::text("person_role", &lower_third.role, ROLE_MAX)?;
        let mut known = self.lower_thirds.iter();
        match known.find(|known| known.id == lower_third.id) {
            Some(known) if *known == lower_third => return Ok(Vec::new()),
            Some(_) => {}
            None => check::at_most("people", self.lower_thirds.len() + 1, PEOPLE_MAX)?,
        }
        Ok(vec![Event::LowerThirdPut { lower_third }])
    }

    pub(crate) fn decide_remove_lower_third(&self, id: String) -> Vec<Event> {
        if self.lower_thirds.iter().any(|known| known.id == id) {
            vec![Event::LowerThirdRemoved { id }]
        } else {
            Vec::new()
        }
    }

    pub(crate) fn decide_show_lower_third(
        &self,
        id: Option<String>,
    ) -> Result<Vec<Event>, Refusal> {
        if let Some(id) = &id
            && !self.lower_thirds.iter().any(|known| known.id == *id)
        {
            return Err(Refusal::UnknownPerson);
        }
        if id == self.lower_third {
            return Ok(Vec::new());
        }
        Ok(vec![Event::LowerThirdShown { id }])
    }

    pub(crate) fn apply_lower_third(&mut self, event: &Event) {
        match event {
            Event::LowerThirdPut { lower_third } => {
                let mut known = self.lower_thirds.iter_mut();
                match known.find(|known| known.id == lower_third.id) {
                    Some(known) => known.clone_from(lower_third),
                    None => self.lower_thirds.push(lower_third.clone()),
                }
            }
            Event::LowerThirdRemoved { id } => {
                self.lower_thirds.retain(|known| known.id != *id);
                if self.lower_third.as_ref() == Some(id) {
                    self.lower_third = None;
                }
            }
            Event::LowerThirdShown { id } => self.lower_third.clone_from(id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Command, decide};

    fn run(show: &mut Show, command: Command) -> Result<usize, &'static str> {
        let events = decide(show, command, At(0)).map_err(|refusal| refusal.code())?;
        show.apply_all(&events);
        Ok(events.len())
    }

    fn person(id: &str, name: &str) -> Command {
        Command::PutLowerThird {
            lower_third: LowerThird {
                id: id.into(),
                name: name.into(),
                role: "果农".into(),
            },
        }
    }

    #[test]
    fn several_people_are_kept_and_one_stands_at_a_time() {
        let mut show = Show::new("orchard");
        let show_one = |id: Option<&str>| Command::ShowLowerThird {
            id: id.map(str::to_owned),
        };
        assert_eq!(run(&mut show, show_one(Some("a"))), Err("unknown_person"));
        assert_eq!(run(&mut show, person("a", " 王大姐\u{202E} ")), Ok(1));
        assert_eq!(run(&mut show, person("a", "王大姐")), Ok(0));
        assert_eq!(run(&mut show, person("b", "老李")), Ok(1));
        assert_eq!(run(&mut show, person("c", "  ")), Err("text_empty"));
        assert_eq!(
            run(&mut show, person("c", &"长".repeat(41))),
            Err("text_too_long")
        );
        assert_eq!(run(&mut show, show_one(Some("a"))), Ok(1));
        assert_eq!(run(&mut show, show_one(Some("b"))), Ok(1));
        assert_eq!(show.lower_third_shown().unwrap().name, "老李");
        let gone = Command::RemoveLowerThird { id: "b".into() };
        assert_eq!(run(&mut show, gone.clone()), Ok(1));
        assert_eq!(run(&mut show, gone), Ok(0));
        assert_eq!(show.lower_third, None, "nobody stands who is gone");
        assert_eq!(show.lower_thirds[0].name, "王大姐");
    }

    #[test]
    fn a_name_leaves_the_picture_with_the_show() {
        let mut show = Show::new("orchard");
        run(&mut show, person("a", "王大姐")).unwrap();
        run(
            &mut show,
            Command::ShowLowerThird {
                id: Some("a".into()),
            },
        )
        .unwrap();
        run(&mut show, Command::StartRehearsal).unwrap();
        run(&mut show, Command::EndShow).unwrap();
        assert_eq!((show.lower_third, show.lower_thirds.len()), (None, 1));
    }
}
