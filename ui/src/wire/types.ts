// The wire, generated from crates/wire (`cargo run -p stallcast-wire --bin stallcast-types`), and what the page adds.
export type { PartBox } from '../generated/PartBox';
export type { PartPlace } from '../generated/PartPlace';
export type { PicturePart } from '../generated/PicturePart';
export type { PicturePartsView } from '../generated/PicturePartsView';
export type { Counting } from '../generated/Counting';
export type { PollOption } from '../generated/PollOption';
export type { PollView } from '../generated/PollView';
export type { LotteryView } from '../generated/LotteryView';
export type { Break } from '../generated/Break';
export type { CardLang } from '../generated/CardLang';
export type { CardLook } from '../generated/CardLook';
export type { ObsView } from '../generated/ObsView';
export type { ThemesView } from '../generated/ThemesView';
export type { ThemeView } from '../generated/ThemeView';
export type { ThemeFaultView } from '../generated/ThemeFaultView';
export type { Offer } from '../generated/Offer';
export type { OnAir } from '../generated/OnAir';
export type { OrdersView } from '../generated/OrdersView';
export type { Sales } from '../generated/Sales';
export type { ShopView } from '../generated/ShopView';
export type { StockListView } from '../generated/StockListView';
export type { PriceStep } from '../generated/PriceStep';
export type { Area } from '../generated/Area';
export type { Canvases } from '../generated/Canvases';
export type { CanvasStatus } from '../generated/CanvasStatus';
export type { CameraControl } from '../generated/CameraControl';
export type { CameraControlView } from '../generated/CameraControlView';
export type { CameraMode } from '../generated/CameraMode';
export type { CameraView } from '../generated/CameraView';
export type { CatalogueView } from '../generated/CatalogueView';
export type { ChatConnector } from '../generated/ChatConnector';
export type { ChatLine } from '../generated/ChatLine';
export type { ChatStatus } from '../generated/ChatStatus';
export type { Check } from '../generated/Check';
export type { ClientMessage } from '../generated/ClientMessage';
export type { ClipEdges } from '../generated/ClipEdges';
export type { ClipsView } from '../generated/ClipsView';
export type { ClipView } from '../generated/ClipView';
export type { Codecs } from '../generated/Codecs';
export type { Command } from '../generated/Command';
export type { Countdown } from '../generated/Countdown';
export type { Destination } from '../generated/Destination';
export type { DestinationHealth } from '../generated/DestinationHealth';
export type { Devices } from '../generated/Devices';
export type { DeviceView } from '../generated/DeviceView';
export type { CorrectionKind } from '../generated/CorrectionKind';
export type { Bundle } from '../generated/Bundle';
export type { VetItem } from '../generated/VetItem';
export type { VettingRule } from '../generated/VettingRule';
export type { VettingView } from '../generated/VettingView';
export type { VetTick } from '../generated/VetTick';
export type { FindingsView } from '../generated/FindingsView';
export type { FindingView } from '../generated/FindingView';
export type { EncoderStatus } from '../generated/EncoderStatus';
export type { Encoders } from '../generated/Encoders';
export type { EvidenceView } from '../generated/EvidenceView';
export type { KeepingView } from '../generated/KeepingView';
export type { KeptShow } from '../generated/KeptShow';
export type { Facts } from '../generated/Facts';
export type { ImportColumn } from '../generated/ImportColumn';
export type { ImportProblem } from '../generated/ImportProblem';
export type { ImportProgress } from '../generated/ImportProgress';
export type { ImportView } from '../generated/ImportView';
export type { InputStatus } from '../generated/InputStatus';
export type { Goal } from '../generated/Goal';
export type { GoalCount } from '../generated/GoalCount';
export type { GoalPlan } from '../generated/GoalPlan';
export type { GoalUnit } from '../generated/GoalUnit';
export type { Logo } from '../generated/Logo';
export type { LowerThird } from '../generated/LowerThird';
export type { Level } from '../generated/Level';
export type { MetersView } from '../generated/MetersView';
export type { Money } from '../generated/Money';
export type { Notice } from '../generated/Notice';
export type { NoticeLevel } from '../generated/NoticeLevel';
export type { PastShow } from '../generated/PastShow';
export type { PastShows } from '../generated/PastShows';
export type { PhoneLink } from '../generated/PhoneLink';
export type { PhoneView } from '../generated/PhoneView';
export type { PhotoView } from '../generated/PhotoView';
export type { PictureView } from '../generated/PictureView';
export type { PinnedQuestion } from '../generated/PinnedQuestion';
export type { Placement } from '../generated/Placement';
export type { Preflight } from '../generated/Preflight';
export type { Product } from '../generated/Product';
export type { ProductScope } from '../generated/ProductScope';
export type { ProductSort } from '../generated/ProductSort';
export type { ProductsView } from '../generated/ProductsView';
export type { Recap } from '../generated/Recap';
export type { RecapIncident } from '../generated/RecapIncident';
export type { RecapProduct } from '../generated/RecapProduct';
export type { RecapView } from '../generated/RecapView';
export type { ReceiverView } from '../generated/ReceiverView';
export type { RecordingSplit } from '../generated/RecordingSplit';
export type { RecordingStatus } from '../generated/RecordingStatus';
export type { ReplayView } from '../generated/ReplayView';
export type { Request } from '../generated/Request';
export type { Role } from '../generated/Role';
export type { RundownItem } from '../generated/RundownItem';
export type { RunState } from '../generated/RunState';
export type { SavedFile } from '../generated/SavedFile';
export type { Scene } from '../generated/Scene';
export type { ServerMessage } from '../generated/ServerMessage';
export type { ShowView } from '../generated/ShowView';
export type { Ducking } from '../generated/Ducking';
export type { Sound } from '../generated/Sound';
export type { Source } from '../generated/Source';
export type { SourceKind } from '../generated/SourceKind';
export type { StatusView } from '../generated/StatusView';
export type { Strip } from '../generated/Strip';
import type { Canvas } from '../generated/Canvas';
export type { Canvas };
import type { Text } from '../generated/Text';
export type { Text };
export type { Transition } from '../generated/Transition';
import type { VideoCodec } from '../generated/VideoCodec';
export type { VideoCodec };
export type { UploadTarget } from '../generated/UploadTarget';
export type { UploadTestView } from '../generated/UploadTestView';
export type { WebhookView } from '../generated/WebhookView';
export type { WireError } from '../generated/WireError';

/** What the page shows of an error, whether the engine or the page itself found it. */
export interface PageError {
  message_key: string;
  params: { [name: string]: string };
  retryable: boolean;
}

/** A platform preset: where to send to, and where its key is found (assets/platforms.json). */
export interface Platform {
  id: string;
  name: Text;
  access: 'open' | 'restricted' | 'virtual_camera';
  /** Empty where every room has an address of its own. */
  ingests: { id: string; name: Text; url: string; certainty: string }[];
  key_hint: Text;
  /** Where the key is, step by step. */
  find_key: { zh: string[]; en: string[] };
  max_video_kbps: number | null;
  /** What it takes over RTMP besides H.264. */
  codecs: VideoCodec[];
  /** Whether an upload test reaches it that no viewer sees. */
  can_test: boolean;
  /** The shape it shows best. */
  canvas: Canvas;
}
