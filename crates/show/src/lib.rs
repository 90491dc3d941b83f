//! What a show is and may do: values, commands, events, and the two functions between them.
//! Pure: no I/O, no async, no clock reads, no randomness.

mod airtime;
mod broadcast;
mod bulk;
mod bundle;
mod by_product;
mod cameras;
mod canvas;
mod card_look;
mod catalogue;
mod chat_line;
mod check;
mod command;
mod crowd;
mod decide;
mod destination;
mod destination_address;
mod event;
mod goal;
mod goods;
mod honest;
mod ids;
mod incident;
mod keeping;
mod layout;
mod logo;
mod lottery;
mod lower_third;
mod money;
mod money_text;
mod order;
mod ordering;
mod part_place;
mod poll;
mod product;
mod product_check;
mod question;
mod recap;
mod recap_fold;
mod recap_incidents;
mod recording_split;
mod refusal;
mod roles;
mod show;
mod sound;
mod stage;
mod staging;
mod ticker;
mod vetting;
mod video_bitrate;
mod visible;

pub use bulk::{Former, LISTED_BY_IMPORT, RUNDOWN_MOST};
pub use bundle::{Bundle, BundlePart};
pub use by_product::ByProduct;
pub use cameras::{CameraControl, CameraMode, CameraSettings};
pub use canvas::{Canvas, Canvases};
pub use card_look::{Break, CardLang, CardLook};
pub use catalogue::Catalogue;
pub use chat_line::ChatLine;
pub use check::gtin_is_valid;
pub use command::Command;
pub use crowd::{CROWD_MAX, Counting, Crowd, plain_word};
pub use decide::decide;
pub use destination::{Destination, Priority, VideoCodec};
pub use event::Event;
pub use goal::{Counted, Goal, GoalCount, GoalPlan, GoalUnit};
pub use honest::{Correction, CorrectionKind, Offered, RuleOverride};
pub use ids::{CanvasId, DestinationId, INVENTED, MessageId, ProductId, SceneId, SourceId};
pub use incident::{Incident, IncidentKind, IncidentTurn};
pub use logo::{Corner, Logo};
pub use lottery::{Lottery, LotteryClosed, LotteryDrawn, LotteryTerms};
pub use lower_third::LowerThird;
pub use money::{Currency, Money, MoneyFault};
pub use order::{Order, OrderLine, OrderSaid, OrderState, Orders, RefundLine, Sales, Shop};
pub use ordering::{NewsLine, NewsOfOrder, OrderNews};
pub use part_place::{PartPlace, PartPlaces, PicturePart};
pub use poll::{Poll, PollOption, PollResult, PollTerms};
pub use product::{Coupon, Facts, Offer, Origin, PriceStep, Product, RundownItem, Text};
pub use recap::{
    PriceCause, Recap, RecapMinute, RecapPart, RecapPinned, RecapPrice, RecapProduct, RecapSegment,
    RecapStock, RecapTotals, ShowKind,
};
pub use recap_fold::RecapFold;
pub use recap_incidents::RecapIncident;
pub use recording_split::RecordingSplit;
pub use refusal::{Refusal, UrlFault};
pub use roles::{Actor, Role};
pub use show::{At, Countdown, OnAir, Phase, Show};
pub use sound::{Ducking, NoiseSuppression, Sound, SoundRole};
pub use stage::{
    Area, PhoneLink, PinnedQuestion, Placement, Scene, Source, SourceKind, Strip, Transition,
};
pub use ticker::TickerLook;
pub use vetting::{VetItem, VetTick, VettingAsked, VettingOverride, VettingRule};
pub use visible::visible;
