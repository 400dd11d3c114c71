import type { Activity } from "./activity";
import type { Editor } from "./editor";
import type { GridView } from "./grid-view";
import type { LabelDocument } from "./label-document";
import type { Overlays } from "./overlays";
import type { Proposals } from "./proposals";
import type { PlacedFrame } from "./series-geometry";
import type { Segment, Settings, ShapeStyle } from "./settings";
import type { SmartSession } from "./smart/smart-session";
import type { Store } from "./store";
import type { TableDoor } from "./voi-tables";

/** What the workbench needs from the station it belongs to. */
export interface BenchHost {
  readonly view: GridView;
  readonly segments: readonly Segment[];
  readonly shapes: readonly ShapeStyle[];
  readonly frames: readonly PlacedFrame[];
  readonly document: LabelDocument;
  readonly editor: Editor;
  readonly settings: Store<Settings>;
  readonly smart: SmartSession;
  readonly proposals: Proposals | null;
  readonly overlays: Overlays;
  readonly activity: Activity;
  readonly frameTokenNow: () => string;
  readonly tableDoor: TableDoor;
  readonly layers: () => readonly number[];
  segment(): Segment | null;
  say(sentence: string): void;
}
