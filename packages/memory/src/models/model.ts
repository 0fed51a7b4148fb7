import { elementCount, type ParameterSpec } from "@steepest/optim";

/** A stack of equal layers of self-attention and a network, over sequences. */
export interface Transformer {
  readonly kind: "transformer";
  readonly layers: number;
  /** Width h of the residual stream. */
  readonly width: number;
  /** Query heads a. */
  readonly heads: number;
  /** Heads of keys and values; as many as `heads` but under grouped-query attention. */
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** Hidden width of the network. */
  readonly inner: number;
  /** Whether the network multiplies two hidden layers (SwiGLU) in place of one with GELU. */
  readonly gated: boolean;
  /** Whether it is trained with dropout where nothing else is said. */
  readonly dropout: boolean;
  /** Words that logits are computed for at every place; 0 where there are none. */
  readonly vocabulary: number;
  /** Logits of a whole sequence, such as the classes of an image. */
  readonly classes: number;
  /** The longest sequence. */
  readonly context: number;
  /** Whether every sequence has exactly `context` places, as an image's patches. */
  readonly fixedSequence: boolean;
}

/** What a backward pass keeps of one kind of layer. */
export interface SavedElements {
  /** Such as `convolutions`. */
  readonly name: string;
  /** Elements for each example. */
  readonly elements: number;
  /** Of the element itself; that of the computation where it is left out. */
  readonly bytesEach?: number;
}

/** Layers without a common shape: what a backward pass keeps of them is listed. */
export interface Layered {
  readonly kind: "layered";
  readonly saved: readonly SavedElements[];
  /** Logits for each example. */
  readonly outputs: number;
}

/** Nothing is known but the parameters. */
export interface UnknownArchitecture {
  readonly kind: "unknown";
  /** Why activations cannot be counted, and what would tell. */
  readonly reason: string;
}

/** How a model's activations come about. */
export type Architecture = Transformer | Layered | UnknownArchitecture;

/** A model as the planner sees it: shapes only, nothing is allocated. */
export interface MemoryModel {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  /** The parameters of each repeated layer, in order; they are among `parameters`. Empty where none repeats. */
  readonly blocks: readonly (readonly ParameterSpec[])[];
  readonly architecture: Architecture;
  /** What was assumed about it, in sentences. */
  readonly notes: readonly string[];
}

/** How many numbers the parameters are. */
export const parameterCount = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

/** A parameter from its parts. */
export const parameterSpec = (
  name: string,
  shape: readonly number[],
  role: ParameterSpec["role"],
): ParameterSpec => ({ name, shape, role });

/**
 * The same model with another number of layers, each like the first.
 * @returns undefined where no layer repeats
 */
export function withLayers(model: MemoryModel, layers: number): MemoryModel | undefined {
  const { architecture, blocks } = model;
  const [first] = blocks;
  if (architecture.kind !== "transformer" || first === undefined) return undefined;
  const repeated = new Set(blocks.flat());
  const others = model.parameters.filter((parameter) => !repeated.has(parameter));
  const chosen = Array.from({ length: layers }, (_, layer) =>
    first.map(({ name, shape, role }) => ({ name: `${layer}.${name}`, shape, role })),
  );
  return {
    ...model,
    parameters: [...others, ...chosen.flat()],
    blocks: chosen,
    architecture: { ...architecture, layers },
  };
}
