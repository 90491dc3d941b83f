//! The two functions between commands, events and state: `decide` and `apply`, dispatched by topic.

use crate::{At, Command, Event, Refusal, Show};

/// What a command means for a show: the facts that follow, or why it is refused.
///
/// A wish that is already fulfilled (the product is on air, the name is that name, nothing is pinned)
/// is accepted and gives an empty list: two people who tap the same button are both right, and nothing
/// restarts. Only the steps of the broadcast ([`Command::GoLive`], [`Command::StartRehearsal`],
/// [`Command::EndShow`]) refuse a repetition, so that nobody believes to have started something.
///
/// Pure: the same arguments always give the same answer. The events are not applied; fold them in
/// with [`Show::apply`] once they are written down.
///
/// # Errors
/// A [`Refusal`]; the show is untouched.
pub fn decide(show: &Show, command: Command, at: At) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Rename { name } => show.decide_rename(name),
        Command::ImportProducts { products } => show.decide_import(products),
        Command::PutProduct { product, was } => show.decide_put_product(*product, was.as_deref()),
        Command::RemoveProduct { product } => show.decide_remove_product(product),
        Command::RemoveProducts { products } => show.decide_remove_products(products),
        Command::AddToRundown { products } => show.decide_add_to_rundown(products),
        Command::TakeBackProducts { former } => Ok(show.decide_take_back_products(former)),
        Command::SetRundown { items } => show.decide_rundown(items),
        Command::PutOnAir { product } => show.decide_put_on_air(product, at),
        Command::TakeOffAir => Ok(show.decide_take_off_air(at)),
        Command::StartCountdown { seconds } => show.decide_start_countdown(seconds, at),
        Command::StopCountdown => Ok(show.decide_stop_countdown(at)),
        Command::SetStock { product, left } => {
            let events = show.decide_set_stock(product, left)?;
            Ok(show.counted_by_goal(events, at))
        }
        Command::AdjustStock { product, by } => {
            let events = show.decide_adjust_stock(product, by)?;
            Ok(show.counted_by_goal(events, at))
        }
        Command::CountStock { counts } => show.decide_count_stock(counts),
        Command::NoteOrder { news } => {
            let events = show.decide_note_order(news)?;
            Ok(show.counted_by_goal(events, at))
        }
        Command::AdjustBundles { product, by } => show.decide_adjust_bundles(product, by),
        Command::PutSource { source } => show.decide_put_source(source),
        Command::RemoveSource { source } => show.decide_remove_source(source),
        Command::SetCamera { device, settings } => show.decide_set_camera(device, settings),
        Command::SetVirtualCamera { on } => Ok(show.decide_set_virtual_camera(on)),
        Command::PutScene { scene } => show.decide_put_scene(scene),
        Command::RemoveScene { scene } => show.decide_remove_scene(scene),
        Command::SwitchScene { scene, transition } => {
            show.decide_switch_scene(scene, transition, at)
        }
        Command::SetCanvases { canvases } => show.decide_set_canvases(canvases),
        Command::SetStrip { source, strip } => show.decide_set_strip(source, strip),
        Command::SetSound { source, sound } => show.decide_set_sound(source, sound),
        Command::SetDucking { ducking } => show.decide_set_ducking(ducking),
        Command::SetIsolated { source } => show.decide_set_isolated(source),
        Command::SetTicker { text } => show.decide_set_ticker(text),
        Command::SetTickerLook { look } => show.decide_set_ticker_look(look),
        Command::SetCardLook { look } => show.decide_set_card_look(look),
        Command::PlacePart {
            canvas,
            part,
            place,
        } => show.decide_place_part(canvas, part, place),
        Command::SetPictureText { text, lang, words } => {
            show.decide_set_picture_text(text, lang, &words)
        }
        Command::ResetParts { canvas } => Ok(show.decide_reset_parts(canvas)),
        Command::StartBreak { minutes, words } => show.decide_start_break(minutes, words, at),
        Command::EndBreak => Ok(show.decide_end_break()),
        Command::OverrideRule {
            product,
            rule,
            found,
            reason,
        } => show.decide_override_rule(product, rule, found, &reason, at),
        Command::OverrideWords {
            rule,
            found,
            reason,
        } => show.decide_override_words(rule, found, &reason, at),
        Command::SetVetted {
            product,
            item,
            done,
            by,
        } => show.decide_set_vetted(product, item, done, by, at),
        Command::VetProducts { products, by } => show.decide_vet_products(products, &by, at),
        Command::SetMarkets { markets } => Ok(show.decide_set_markets(markets)),
        Command::SetVetting { rule } => show.decide_set_vetting(rule),
        Command::OverrideVetting {
            product,
            reason,
            by,
        } => show.decide_override_vetting(product, &reason, by, at),
        Command::ShowCorrection {
            product,
            kind,
            text,
        } => show.decide_show_correction(product, kind, text, at),
        Command::EndCorrection => Ok(show.decide_end_correction(at)),
        Command::PinQuestion {
            message,
            author,
            text,
        } => show.decide_pin_question(message, author, text, at),
        Command::AnswerQuestion { message, answer } => {
            show.decide_answer_question(&message, &answer, at)
        }
        Command::SendNote { id, text, by } => show.decide_send_note(id, &text, by, at),
        Command::TickNote { id } => Ok(show.decide_tick_note(id)),
        Command::SetLogo { logo } => show.decide_set_logo(logo),
        Command::PutLowerThird { lower_third } => show.decide_put_lower_third(lower_third),
        Command::RemoveLowerThird { id } => Ok(show.decide_remove_lower_third(id)),
        Command::ShowLowerThird { id } => show.decide_show_lower_third(id),
        Command::SetGoal { plan } => show.decide_set_goal(plan),
        Command::ShowGoal { on } => show.decide_show_goal(on),
        Command::CountGoal { done } => show.decide_count_goal(done),
        Command::UnpinQuestion => Ok(show.decide_unpin_question()),
        Command::StartPoll {
            question,
            options,
            counting,
            seconds,
        } => show.decide_start_poll(&question, options, counting, seconds, at),
        Command::ClosePoll => Ok(show.decide_close_poll(at)),
        Command::ClearPoll => Ok(show.decide_clear_poll(at)),
        Command::BeginLottery { terms, commitment } => {
            show.decide_begin_lottery(terms, commitment, at)
        }
        Command::CloseLottery { entrants_hash } => show.decide_close_lottery(entrants_hash, at),
        Command::NoteDraw { seed, winners } => show.decide_note_draw(seed, winners, at),
        Command::ClearLottery { reason } => show.decide_clear_lottery(&reason, at),
        Command::StartAuction { terms } => show.decide_start_auction(terms, at),
        Command::PlaceBid { name, price } => show.decide_place_bid(&name, &price, at),
        Command::StrikeBid {
            number,
            everything,
            reason,
        } => show.decide_strike_bid(number, everything, &reason, at),
        Command::CloseAuction => show.decide_close_auction(at),
        Command::CancelAuction { reason } => show.decide_cancel_auction(&reason, at),
        Command::ClearAuction => show.decide_clear_auction(at),
        Command::PutDestination { destination } => show.decide_put_destination(destination),
        Command::RemoveDestination { destination } => show.decide_remove_destination(destination),
        Command::StartRehearsal => show.decide_start_rehearsal(at),
        Command::GoLive => show.decide_go_live(at),
        Command::EndShow => show.decide_end_show(at),
        Command::SetRecording { on } => Ok(show.decide_set_recording(on)),
        Command::SetVideoBitrate { kbps } => show.decide_set_video_bitrate(kbps),
        Command::SetRecordingSplit { split } => show.decide_set_recording_split(split),
        Command::NoteRecordingPart {
            file,
            first_frame,
            canvas,
        } => show.decide_note_recording_part(file, first_frame, canvas),
        Command::NoteFilesRemoved { files } => show.decide_note_files_removed(files),
        Command::NoteIncident { incident } => Ok(show.decide_note_incident(incident)),
        Command::NoteDropped { note } => Ok(show.decide_note_dropped(note)),
        Command::NoteChat { lines } => Ok(show.decide_note_chat(lines)),
        Command::HoldChat { lines, held } => Ok(show.decide_hold_chat(lines, held)),
        Command::MergeQuestions { into, other } => Show::decide_merge_questions(into, other),
        Command::SplitQuestion { question, messages } => {
            Show::decide_split_question(question, messages)
        }
        Command::MarkQuestion {
            question,
            state,
            hide,
        } => Show::decide_mark_question(question, state, hide),
        Command::ClaimQuestion { question, by } => Show::decide_claim(question, &by),
        Command::AssignQuestion { question, to } => Show::decide_claim(question, &to),
        Command::FreeQuestion { question } => Ok(vec![Event::QuestionFreed { question }]),
        Command::HideLine { hide, line, .. } => Show::decide_hide_line(line, hide),
        Command::ShowHidden { messages } => Show::decide_show_hidden(messages),
        Command::ReleaseHeld { messages } => Show::decide_free_held(messages, true),
        Command::RemoveHeld { messages } => Show::decide_free_held(messages, false),
        Command::SetModeration { rules } => show.decide_set_moderation(rules),
        Command::StartPanic { minutes } => show.decide_start_panic(minutes, at),
        Command::EndPanic => Ok(show.decide_end_panic()),
        Command::TakeBackChat { messages } => Ok(show.decide_take_back_chat(messages)),
        Command::NotePlatformAct { act, by } => Ok(Show::decide_note_platform_act(act, by)),
    }
}

impl Show {
    /// Folds a fact into the state. Never fails: whatever stands in a journal once was decided, and a
    /// fact about something that is gone changes nothing else.
    pub fn apply(&mut self, event: &Event) {
        self.keep_offered(event);
        self.keep_airtime(event);
        self.forget_games(event);
        match event {
            Event::Renamed { .. }
            | Event::DestinationPut { .. }
            | Event::DestinationRemoved { .. }
            | Event::PhaseChanged { .. } => self.apply_broadcast(event),
            Event::ProductsImported { .. }
            | Event::ProductRemoved { .. }
            | Event::ProductsRemoved { .. }
            | Event::RundownSet { .. }
            | Event::WentOnAir { .. }
            | Event::WentOffAir { .. }
            | Event::CountdownStarted { .. }
            | Event::CountdownStopped { .. }
            | Event::StockSet { .. } => self.apply_goods(event),
            Event::OrderNoted { id, order } => self.apply_order(id, order),
            Event::SourcePut { .. }
            | Event::SourceRemoved { .. }
            | Event::ScenePut { .. }
            | Event::SceneRemoved { .. }
            | Event::SceneSwitched { .. }
            | Event::StripSet { .. }
            | Event::TickerSet { .. }
            | Event::QuestionPinned { .. }
            | Event::QuestionAnswered { .. }
            | Event::QuestionUnpinned => self.apply_staging(event),
            Event::CardLookSet { .. } | Event::BreakStarted { .. } | Event::BreakEnded => {
                self.apply_card_look(event)
            }
            Event::PartPlaced { .. } => self.apply_part_place(event),
            Event::RuleOverridden { .. }
            | Event::WordsOverridden { .. }
            | Event::CorrectionShown { .. }
            | Event::CorrectionEnded { .. } => self.apply_honest(event),
            Event::PollStarted { .. } | Event::PollClosed { .. } | Event::PollCleared { .. } => {
                self.apply_poll(event);
            }
            Event::LotteryBegun { .. }
            | Event::LotteryClosed { .. }
            | Event::LotteryDrawn { .. }
            | Event::LotteryCleared { .. } => self.apply_lottery(event),
            Event::AuctionStarted { .. }
            | Event::BidPlaced { .. }
            | Event::BidStruck { .. }
            | Event::AuctionClosed { .. }
            | Event::AuctionCleared { .. } => self.apply_auction(event),
            Event::VettingSet { .. }
            | Event::VettingRuleSet { .. }
            | Event::VettingOverridden { .. } => self.apply_vetting(event),
            Event::NoteSent { .. } | Event::NoteTicked { .. } => self.apply_note(event),
            Event::LogoSet { logo } => self.logo.clone_from(logo),
            Event::LowerThirdPut { .. }
            | Event::LowerThirdRemoved { .. }
            | Event::LowerThirdShown { .. } => self.apply_lower_third(event),
            Event::GoalSet { .. }
            | Event::GoalTitled { .. }
            | Event::GoalShown { .. }
            | Event::GoalCounted { .. } => self.apply_goal(event),
            Event::ChatHeld { .. }
            | Event::HeldDecided { .. }
            | Event::QuestionsMerged { .. }
            | Event::QuestionSplit { .. }
            | Event::QuestionMarked { .. }
            | Event::QuestionClaimed { .. }
            | Event::QuestionFreed { .. }
            | Event::ChatHidden { .. }
            | Event::ChatShownAgain { .. }
            | Event::ModerationSet { .. }
            | Event::PanicSet { .. } => self.apply_moderation(event),
            Event::MarketsSet { markets } => self.markets.clone_from(markets),
            Event::TickerLookSet { look } => self.ticker_look = *look,
            Event::CanvasesSet { .. } => self.apply_canvases(event),
            Event::CameraSet { .. } | Event::VirtualCameraSet { .. } => self.apply_cameras(event),
            Event::SoundSet { .. } | Event::DuckingSet { .. } | Event::IsolatedSet { .. } => {
                self.apply_sound(event)
            }
            Event::RecordingSet { .. }
            | Event::RecordingSplitSet { .. }
            | Event::VideoBitrateSet { .. }
            | Event::RecordingPartOpened { .. }
            | Event::ChatNoted { .. }
            | Event::FilesRemoved { .. }
            | Event::IncidentNoted { .. }
            | Event::PicturesDropped { .. }
            | Event::PlatformActed { .. }
            | Event::ChatTakenBack { .. } => self.apply_keeping(event),
        }
    }

    /// Folds facts in, in order.
    pub fn apply_all<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        for event in events {
            self.apply(event);
        }
    }
}
