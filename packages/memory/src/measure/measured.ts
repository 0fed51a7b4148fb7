import { z } from "zod";

const bytes = z.number().min(0);

/** What a kind of session takes, each measured with several. */
const sessionBytes = z.strictObject({
  /** Between runs, before the first. */
  session: z.number(),
  /** That a run leaves to the session, which keeps the most that any needed. */
  run: z.number(),
});

/** Bytes of a session and of its runs. */
export type SessionBytes = Readonly<z.infer<typeof sessionBytes>>;

/**
 * What a process that trained found out about its own memory. Bytes of arrays are exact; those of phases are
 * differences of physical memory, to a page, garbage of JavaScript collected before each reading but those
 * within steps.
 */
export const measuredMemorySchema = z.strictObject({
  /** Physical memory with every module loaded and ONNX Runtime started, before there is anything to train. */
  emptyBytes: bytes,
  /** What the optimizer holds: the arrays themselves. */
  arena: z.strictObject({
    parameters: bytes,
    gradients: bytes,
    /** Everything that a checkpoint saves of the optimizer; less than all where it begins some arrays anew. */
    state: bytes,
    /** The weights to evaluate with, where they have an array of their own. */
    evaluation: bytes,
    /** Length of the one WebAssembly memory that holds all of it. */
    total: bytes,
  }),
  /** Physical memory that came with each phase. */
  phases: z.strictObject({
    data: z.number(),
    arena: z.number(),
    session: z.number(),
    /** The most that the first gradient held beyond what was there before it. */
    gradient: z.number(),
    /** The most that steps held beyond the first gradient's most. */
    updates: z.number(),
  }),
  /** Bytes of JavaScript's arrays that came with the data, as V8 counts them. */
  data: bytes,
  /** The same of what a step reads beside the parameters, and whatever else is bound to it. */
  batch: bytes,
  /** Arrays that the first gradient left to the garbage collector. */
  copies: bytes,
  /** JavaScript's heap, and what V8's compilers took at most, beyond what the empty process had taken. */
  program: z.number(),
  /** Of the step. */
  step: sessionBytes,
  /** Of the optimizer's linear algebra, all graphs together; absent where it has none. */
  algebra: sessionBytes
    .extend({
      /** WebAssembly memory of its kernels, whether they have written it or not. */
      kernels: z.number(),
      /** Arrays that its graphs hold, compiled: constants, and the models. */
      graphs: bytes,
      /** Arrays that a run of each leaves to the garbage collector. */
      copies: bytes,
    })
    .optional(),
  /** The most that the process held after its data were there, less the empty process. */
  peakBytes: z.number(),
  /** The same while the data were loaded. */
  loadingPeakBytes: z.number(),
  /** Whether the system lets a process forget its peak: where not, phases without it are not known. */
  resettable: z.boolean(),
});

/** What was measured. */
export type MeasuredMemory = Readonly<z.infer<typeof measuredMemorySchema>>;
