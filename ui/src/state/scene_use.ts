// Which scenes show a source: what a person should know before it is taken away.
import type { Scene, ShowView } from '../wire/types.ts';

export interface SceneUse {
  /** In the order of their buttons. */
  scenes: Scene[];
  /** Whether the scene that is shown now is one of them. */
  shown: boolean;
  /** Those that have nothing else, and go with it. */
  gone: Scene[];
}

export function sceneUse(show: ShowView, source: string): SceneUse {
  const stands = ({ layouts }: Scene): boolean =>
    Object.values(layouts).some((layout) => layout?.some((placement) => placement.source === source));
  const scenes = show.scenes.filter(stands);
  // As the engine decides it (crates/show/src/staging.rs): neither the scene that is shown nor the last one goes.
  const alone = ({ id, layouts }: Scene): boolean =>
    id !== show.scene &&
    Object.values(layouts).every((layout) => layout?.every((placement) => placement.source === source));
  const empty = scenes.filter(alone);
  const gone = empty.length === show.scenes.length ? empty.slice(1) : empty;
  return { scenes, shown: scenes.some((scene) => scene.id === show.scene), gone };
}
