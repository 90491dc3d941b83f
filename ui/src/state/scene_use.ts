// Which scenes show a source: what a person should know before it is taken away.
import type { Scene, ShowView } from '../wire/types.ts';

export interface SceneUse {
  /** In the order of their buttons. */
  scenes: Scene[];
  /** Whether the scene that is shown now is one of them. */
  shown: boolean;
}

export function sceneUse(show: ShowView, source: string): SceneUse {
  const stands = ({ layouts }: Scene): boolean =>
    Object.values(layouts).some((layout) => layout?.some((placement) => placement.source === source));
  const scenes = show.scenes.filter(stands);
  return { scenes, shown: scenes.some((scene) => scene.id === show.scene) };
}
