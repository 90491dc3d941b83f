//! What can be asked of a show.

use serde::{Deserialize, Serialize};

use crate::{
    At, CameraSettings, Canvas, Canvases, CardLook, ChatLine, Destination, DestinationId,
    MessageId, Product, ProductId, RecordingSplit, RundownItem, Scene, SceneId, Source, SourceId,
    Strip, Text, Transition,
};

/// A change somebody wants. `decide` turns it into events or refuses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Command {
    /// Names the show.
    Rename {
        /// 1 to 80 characters.
        name: String,
    },
    /// Adds or updates products; new ones go to the end of the rundown.
    ImportProducts {
        /// At least one.
        products: Vec<Product>,
    },
    /// Adds or replaces one product, as typed by hand; a new one goes to the end of the rundown. One that is on air
    /// changes on the picture at once.
    PutProduct {
        /// The product.
        product: Box<Product>,
        /// What it was when the change was begun; `None` = it was not there. Refused where it is another by now.
        was: Option<Box<Product>>,
    },
    /// Takes a product out of catalogue and rundown; refused while it is on air.
    RemoveProduct {
        /// Which.
        product: ProductId,
    },
    /// Takes several products out of catalogue and rundown; refused while one of them is on air.
    RemoveProducts {
        /// At least one, each once.
        products: Vec<ProductId>,
    },
    /// Puts products at the end of the rundown; those that stand on it stay where they are.
    AddToRundown {
        /// Which, in this order; `None` = all of the catalogue.
        products: Option<Vec<ProductId>>,
    },
    /// Takes an import or a removal of products back (by the engine only, which kept what was before).
    TakeBackProducts {
        /// What was before.
        former: crate::Former,
    },
    /// Replaces the rundown whole.
    SetRundown {
        /// Every product at most once, all known.
        items: Vec<RundownItem>,
    },
    /// Puts a product on air: card, clock if its offer has one, chapter. Replaces the one that is on.
    PutOnAir {
        /// Which.
        product: ProductId,
    },
    /// Takes the product off the picture.
    TakeOffAir,
    /// Starts or restarts the clock of the product on air.
    StartCountdown {
        /// Length in seconds, 1 to 86 400.
        seconds: u32,
    },
    /// Stops the clock.
    StopCountdown,
    /// Sets what is left of a product.
    SetStock {
        /// Which.
        product: ProductId,
        /// Units left; `None` = not counted.
        left: Option<u32>,
    },
    /// Changes what is left of a product by a difference; refused below zero.
    AdjustStock {
        /// Which.
        product: ProductId,
        /// Units added (or taken when negative).
        by: i32,
    },
    /// Sets what is left of several products, as a watched list says (by the engine only).
    CountStock {
        /// Units left.
        counts: std::collections::BTreeMap<ProductId, u32>,
    },
    /// Takes over what a shop told of an order (by the engine only).
    NoteOrder {
        /// What it told.
        news: crate::OrderNews,
    },
    /// Changes what is left of everything in a product's bundle by so many bundles; refused below zero.
    AdjustBundles {
        /// Whose bundle.
        product: ProductId,
        /// Bundles added (or sold when negative).
        by: i32,
    },
    /// Adds or replaces a source.
    PutSource {
        /// The source.
        source: Source,
    },
    /// Removes a source and its placements, and the scenes that had nothing else; not the one that is shown, and not the
    /// last.
    RemoveSource {
        /// Which.
        source: SourceId,
    },
    /// Sets format and controls of a camera; replaces what was set on it before.
    SetCamera {
        /// Device id as the engine lists it.
        device: String,
        /// What is set; empty = nothing any more.
        settings: CameraSettings,
    },
    /// Offers the program to other programs as a camera, or no longer.
    SetVirtualCamera {
        /// Wanted state.
        on: bool,
    },
    /// Adds or replaces a scene.
    PutScene {
        /// The scene; sources known.
        scene: Scene,
    },
    /// Removes a scene; refused for the one that is shown, and for the last one.
    RemoveScene {
        /// Which.
        scene: SceneId,
    },
    /// Shows a scene.
    SwitchScene {
        /// Which.
        scene: SceneId,
        /// How.
        transition: Transition,
    },
    /// Switches canvases on and off; refused while live for one that an enabled destination is sent.
    SetCanvases {
        /// Those that are on from now on.
        canvases: Canvases,
    },
    /// Sets a mixer strip.
    SetStrip {
        /// Which source.
        source: SourceId,
        /// Gain and mute.
        strip: Strip,
    },
    /// Sets how a source's sound is treated.
    SetSound {
        /// Which source.
        source: SourceId,
        /// Role, delay, noise suppression.
        sound: crate::Sound,
    },
    /// Sets how far music goes down while somebody speaks.
    SetDucking {
        /// How far.
        ducking: crate::Ducking,
    },
    /// Chooses the source that recordings have alone as a second audio track, or none.
    SetIsolated {
        /// Which.
        source: Option<SourceId>,
    },
    /// Sets the lower ticker; both texts empty = hidden.
    SetTicker {
        /// At most 300 characters each.
        text: Text,
    },
    /// Takes the ticker off without losing its words, and sets its pace.
    SetTickerLook {
        /// The whole of it.
        look: crate::TickerLook,
    },
    /// Sets how the cards look and speak; the picture changes at once.
    SetCardLook {
        /// The whole look.
        look: CardLook,
    },
    /// Changes words where they stand on the picture; refused while they stand nowhere.
    SetPictureText {
        /// Which.
        text: crate::PictureText,
        /// In which language; texts that have none take it as it is.
        lang: crate::CardLang,
        /// The words; [`crate::PictureText::most`] says how many.
        words: String,
    },
    /// Moves or resizes a part of the picture on one canvas.
    PlacePart {
        /// On which.
        canvas: Canvas,
        /// Which part.
        part: crate::PicturePart,
        /// Where to, and how large; `None` = where the theme has it.
        place: Option<crate::PartPlace>,
    },
    /// Puts all parts of a canvas back where the theme has them.
    ResetParts {
        /// On which.
        canvas: Canvas,
    },
    /// Puts the break's notice over the whole picture, or sets its end anew.
    StartBreak {
        /// Until the show goes on, 1 to 120.
        minutes: u32,
        /// What the notice says, at most 24 characters each; both empty = the theme's words.
        #[serde(default)]
        words: Text,
    },
    /// Takes the break's notice off.
    EndBreak,
    /// Gives the reason why a product may go on air with words that a rule forbids.
    OverrideRule {
        /// Which product.
        product: ProductId,
        /// Id of the rule.
        rule: String,
        /// The words, as the rule found them.
        found: String,
        /// Why it may be said all the same, at most 300 characters.
        reason: String,
    },
    /// Gives the reason why words beside the products may stand on the picture although a rule forbids them.
    OverrideWords {
        /// Id of the rule.
        rule: String,
        /// The words, as the rule found them.
        found: String,
        /// Why they may be shown all the same, at most 300 characters.
        reason: String,
    },
    /// Notes that a point of a product's list was looked at, or takes that back.
    SetVetted {
        /// Which product.
        product: ProductId,
        /// Which point.
        item: crate::VetItem,
        /// Whether it was.
        done: bool,
        /// Who; the engine signs for whoever sends it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        by: String,
    },
    /// Notes that every open point of these products was looked at.
    VetProducts {
        /// Which; `None` = all of the rundown.
        products: Option<Vec<ProductId>>,
        /// Who; the engine signs for whoever sends it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        by: String,
    },
    /// Sets whether and what has to be looked at.
    SetVetting {
        /// From now on.
        rule: crate::VettingRule,
    },
    /// Chooses the markets whose rules of selling apply; none = that of each price's currency.
    SetMarkets {
        /// All of them.
        markets: std::collections::BTreeSet<crate::Market>,
    },
    /// Gives the reason why a product may come before viewers although nobody looked at all points; for this show.
    OverrideVetting {
        /// Which product.
        product: ProductId,
        /// Why, at most 300 characters.
        reason: String,
        /// Who; the engine signs for whoever sends it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        by: String,
    },
    /// Tells whoever stands before the camera something, on the prompter.
    SendNote {
        /// Id, unique in the show; the same one twice is one note.
        id: String,
        /// 1 to 200 characters.
        text: String,
        /// Who; the engine signs for whoever sends it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        by: String,
    },
    /// Takes a note off the prompter.
    TickNote {
        /// Which.
        id: String,
    },
    /// Shows a correction in the ticker's place for a minute.
    ShowCorrection {
        /// Of which product.
        product: ProductId,
        /// What was wrong.
        kind: crate::CorrectionKind,
        /// What viewers read, at most 120 characters each.
        text: Text,
    },
    /// Takes the correction off the picture before its time is over.
    EndCorrection,
    /// Puts a question on the picture.
    PinQuestion {
        /// The message.
        message: MessageId,
        /// Who asked.
        author: String,
        /// The words, 1 to 200 characters.
        text: String,
    },
    /// Puts the answer below the question on the picture.
    AnswerQuestion {
        /// The question's message; refused when another one stands by now.
        message: MessageId,
        /// The words, at most 160 characters; empty takes the answer back.
        answer: String,
    },
    /// Takes the question off the picture.
    UnpinQuestion,
    /// Makes two questions of the audience one, also for what comes later.
    MergeQuestions {
        /// The one that stays.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        into: u64,
        /// The one that goes into it.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        other: u64,
    },
    /// Makes lines of a question one of their own.
    SplitQuestion {
        /// Of which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        question: u64,
        /// The lines, at most 500; others stay.
        messages: Vec<MessageId>,
    },
    /// Says that a question was answered, is not to be seen, or waits again.
    MarkQuestion {
        /// Which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        question: u64,
        /// What became of it.
        state: crate::QuestionState,
        /// Why, where it is not to be seen; nothing is hidden without a reason.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        hide: Option<crate::Hide>,
    },
    /// Takes a question on: the others see who has it. Refused while somebody else has it.
    ClaimQuestion {
        /// Which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        question: u64,
        /// Who; the engine signs for whoever sends it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        by: String,
    },
    /// Hands a question to a member who may work on it, also one that somebody else has.
    AssignQuestion {
        /// Which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        question: u64,
        /// The member's name; `studio` = whoever sits there.
        to: String,
    },
    /// Gives a question back; a moderator only their own.
    FreeQuestion {
        /// Which.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        question: u64,
    },
    /// Takes a line of the chat off every screen of the studio, the picture included; it can be shown again.
    HideLine {
        /// Which.
        message: MessageId,
        /// Why.
        hide: crate::Hide,
        /// The whole line, as the engine knows it.
        #[serde(skip)]
        #[cfg_attr(feature = "ts", ts(skip))]
        line: Option<Box<ChatLine>>,
    },
    /// Shows lines again that a person hid or kept out.
    ShowHidden {
        /// Which, at most 500.
        messages: Vec<MessageId>,
    },
    /// Lets held lines into the chat.
    ReleaseHeld {
        /// Which, at most 500.
        messages: Vec<MessageId>,
    },
    /// Keeps held lines out of the chat; they can be shown again.
    RemoveHeld {
        /// Which, at most 500.
        messages: Vec<MessageId>,
    },
    /// Sets what is done with lines that a person should look at.
    SetModeration {
        /// The rules.
        rules: crate::ModerationRules,
    },
    /// Holds every line that is not clean, whatever the rules; ends by itself.
    StartPanic {
        /// 1 to 120, from now.
        minutes: u32,
    },
    /// Ends that before its time.
    EndPanic,
    /// Sets what is aimed at; its bar begins empty.
    SetGoal {
        /// The goal; `None` = none any more.
        plan: Option<crate::GoalPlan>,
    },
    /// Puts the goal's bar on the picture, or takes it off.
    ShowGoal {
        /// Wanted state.
        on: bool,
    },
    /// Says how far a goal is that is counted by hand.
    CountGoal {
        /// In the goal's unit.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        done: u64,
    },
    /// Keeps somebody's name and role for the picture, or replaces them.
    PutLowerThird {
        /// Who.
        lower_third: crate::LowerThird,
    },
    /// Forgets somebody's name and role, and takes them off the picture.
    RemoveLowerThird {
        /// Whose.
        id: String,
    },
    /// Puts somebody's name and role on the picture, or takes them off.
    ShowLowerThird {
        /// Whose; `None` = nobody's.
        id: Option<String>,
    },
    /// Sets the brand mark in a corner of the picture, or takes it away.
    SetLogo {
        /// The whole of it; `None` = none.
        logo: Option<crate::Logo>,
    },
    /// Begins a poll that viewers answer in the chat; refused while a game stands on the picture.
    StartPoll {
        /// What is asked, 1 to 60 characters.
        question: String,
        /// 2 to 6 answers; no word stands twice.
        options: Vec<crate::PollOption>,
        /// Which word of a person counts.
        counting: crate::Counting,
        /// How long, in seconds, 10 to 3 600.
        seconds: u32,
    },
    /// Ends the poll; its result stays on the picture.
    ClosePoll,
    /// Takes the poll off the picture; one that runs is given up.
    ClearPoll,
    /// Begins a draw (by the engine only, which keeps the seed).
    BeginLottery {
        /// What is promised.
        terms: crate::LotteryTerms,
        /// SHA-256 of terms and seed.
        commitment: String,
    },
    /// Notes who takes part, once nobody can enter any more (by the engine only).
    CloseLottery {
        /// SHA-256 of their list.
        entrants_hash: String,
    },
    /// Notes who won (by the engine only).
    NoteDraw {
        /// The seed that was committed to.
        seed: String,
        /// Each as `platform`, tabulator, name.
        winners: Vec<String>,
    },
    /// Takes the draw off the picture; one that was promised and not drawn needs a reason.
    ClearLottery {
        /// Why, at most 300 characters.
        reason: String,
    },
    /// Begins an auction that viewers bid in by chat; refused while a game stands on the picture.
    StartAuction {
        /// What is sold, and how.
        terms: crate::AuctionTerms,
    },
    /// Takes a bid that somebody called out; refused below the least one, and when the auction is over.
    PlaceBid {
        /// Who, 1 to 100 characters.
        name: String,
        /// How much.
        price: crate::Money,
    },
    /// Strikes out a bid; the next highest takes its place, also where it was sold already.
    StrikeBid {
        /// The bid's number.
        number: u32,
        /// Every bid of whoever made it, and what they bid from now on.
        everything: bool,
        /// Why, 1 to 300 characters.
        reason: String,
    },
    /// Ends the auction now: whoever leads has it. What came out stays on the picture.
    CloseAuction,
    /// Calls the auction off: nobody has it. That stays on the picture.
    CancelAuction {
        /// Why, 1 to 300 characters; viewers read it.
        reason: String,
    },
    /// Takes an auction that is over off the picture.
    ClearAuction,
    /// Adds or replaces a destination (its key is stored apart).
    PutDestination {
        /// The destination.
        destination: Destination,
    },
    /// Removes a destination.
    RemoveDestination {
        /// Which.
        destination: DestinationId,
    },
    /// Starts a rehearsal to the built-in receiver; refused while live.
    StartRehearsal,
    /// Goes on air to every enabled destination; refused without one, allowed from idle and rehearsal.
    GoLive,
    /// Ends the rehearsal or the show.
    EndShow,
    /// Starts or stops recording by hand; going live starts it by itself.
    SetRecording {
        /// Wanted state.
        on: bool,
    },
    /// The bitrate that viewers get while the uplink takes it; holds for a show that runs too.
    SetVideoBitrate {
        /// kbit/s of video, 300 to 20 000; `None` = what suits the canvas.
        kbps: Option<u32>,
    },
    /// When recordings go on in another file; holds for one that runs too.
    SetRecordingSplit {
        /// When.
        split: RecordingSplit,
    },
    /// Notes that a recording part was opened (by the engine only).
    NoteRecordingPart {
        /// File name below the show's recordings folder.
        file: String,
        /// When its first frame was taken.
        first_frame: At,
        /// Of which canvas.
        #[serde(default)]
        canvas: Canvas,
    },
    /// Notes that a person had these files of the recordings folder removed (by the engine only, before it removes them).
    NoteFilesRemoved {
        /// Names below the recordings folder, at least one.
        files: Vec<String>,
    },
    /// Notes what went wrong with the stream (by the engine only); nothing off air.
    NoteIncident {
        /// What.
        incident: crate::Incident,
    },
    /// Notes pictures that a destination did not get (by the engine only); nothing off air.
    NoteDropped {
        /// What.
        note: crate::PicturesDropped,
    },
    /// Notes chat lines (by the engine only), written in batches.
    NoteChat {
        /// At least one.
        lines: Vec<ChatLine>,
    },
    /// Notes chat lines of which some are held (by the engine only).
    HoldChat {
        /// All of them, at least one.
        lines: Vec<ChatLine>,
        /// Those that are held.
        held: Vec<crate::HeldNote>,
    },
    /// Notes that chat lines were taken back by their platform (by the engine only).
    TakeBackChat {
        /// Which.
        messages: Vec<MessageId>,
    },
    /// Notes what somebody did on platforms through their chats (by the engine only).
    NotePlatformAct {
        /// What, with its outcomes.
        act: crate::PlatformAct,
        /// Who; the engine fills it in.
        by: String,
    },
}
