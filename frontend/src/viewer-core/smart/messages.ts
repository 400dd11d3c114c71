import type { Prompt } from "../change";
import type { FrameShape } from "../mask-store";
import type { ModelInput } from "./prompt-space";

/** To the decoder's worker. */
export type ToDecoder =
  | { readonly kind: "load"; readonly model: ArrayBuffer; readonly input: ModelInput }
  | { readonly kind: "features"; readonly key: string; readonly halves: ArrayBuffer }
  | {
      readonly kind: "decode";
      readonly id: number;
      readonly key: string;
      readonly shape: FrameShape;
      readonly prompts: readonly Prompt[];
    };

/** From the decoder's worker. */
export type FromDecoder =
  | { readonly kind: "loaded" }
  | {
      readonly kind: "mask";
      readonly id: number;
      readonly values: Uint16Array<ArrayBuffer>;
      /** The model's own guess of its quality, 0…1. */
      readonly iou: number;
      readonly milliseconds: number;
    }
  | { readonly kind: "failed"; readonly id: number | null; readonly reason: string };
