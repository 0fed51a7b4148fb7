import type { ParameterSpec } from "@steepest/optim";
import { z } from "zod";

/** What a page is asked to build. */
export interface ArenaRequest {
  /** As `parseOptimizerSpec` reads it. */
  readonly optimizer: string;
  readonly parameters: readonly ParameterSpec[];
}

const bytes = z.int().min(0);

/** What a page found once it had built an optimizer and taken a step. */
export const browserArenaSchema = z.strictObject({
  parameters: bytes,
  gradients: bytes,
  /** Everything that a checkpoint saves of the optimizer. */
  state: bytes,
  /** `WebAssembly.Memory.buffer.byteLength` of the one memory that holds all of it. */
  arena: bytes,
  /** Of every WebAssembly memory that the page has made: the arena, and that of linear algebra. */
  memories: z.array(bytes),
});

/** Bytes of a page. */
export type BrowserArena = Readonly<z.infer<typeof browserArenaSchema>>;

/** What the page answers. */
export const pageReplySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("measured"), arena: browserArenaSchema }),
  z.strictObject({ kind: z.literal("failed"), reason: z.string() }),
]);
