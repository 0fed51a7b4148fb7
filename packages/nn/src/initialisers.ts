import type { ParameterSpec } from "@steepest/optim";
import { type RandomStream, randomStream } from "@steepest/random";

/** Writes a parameter's first values; draws from the stream only what it needs. */
export type Initialiser = (values: Float32Array | Float64Array, stream: RandomStream) => void;

/** How many inputs and outputs a weight connects to each unit. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

/** An initialiser for a layer of any size. */
export type FanInitialiser = (fans: Fans) => Initialiser;

const each =
  (next: (stream: RandomStream) => number): Initialiser =>
  (values, stream) => {
    for (let i = 0; i < values.length; i++) values[i] = next(stream);
  };

/** A fan that divides is at least one, so that layers without inputs get finite bounds (for no elements). */
const divisor = (fan: number): number => Math.max(1, fan);

/** Every element the same value. */
export const constantOf =
  (value: number): FanInitialiser =>
  () =>
    each(() => value);

/** Every element 0. */
export const zeros: FanInitialiser = constantOf(0);

/** N(0, deviation²), whatever the fans. */
export const normal =
  (deviation: number): FanInitialiser =>
  () =>
    each((stream) => deviation * stream.normal());

/** U(−bound, bound), whatever the fans. */
export const uniform =
  (bound: number): FanInitialiser =>
  () =>
    each((stream) => bound * (2 * stream.uniform() - 1));

/** N(0, 2 / fanIn): keeps the variance of activations through ReLU layers (He, Zhang, Ren and Sun 2015). */
export const heNormal: FanInitialiser = (fans) => normal(Math.sqrt(2 / divisor(fans.in)))(fans);

/** U(±√(6 / fanIn)), the variance of {@link heNormal}. */
export const heUniform: FanInitialiser = (fans) => uniform(Math.sqrt(6 / divisor(fans.in)))(fans);

/**
 * N(0, 2 / (fanIn + fanOut)): keeps the variance forwards and backwards on average (Glorot and Bengio 2010).
 */
export const glorotNormal: FanInitialiser = (fans) =>
  normal(Math.sqrt(2 / divisor(fans.in + fans.out)))(fans);

/** U(±√(6 / (fanIn + fanOut))), the variance of {@link glorotNormal}. */
export const glorotUniform: FanInitialiser = (fans) =>
  uniform(Math.sqrt(6 / divisor(fans.in + fans.out)))(fans);

/** U(±1/√fanIn), which PyTorch's `nn.Linear` uses for weight and bias. */
export const torchDefault: FanInitialiser = (fans) => uniform(1 / Math.sqrt(divisor(fans.in)))(fans);

/** A parameter's specification with its first values. */
export interface InitialisedParameter extends ParameterSpec {
  readonly initialise: Initialiser;
}

/**
 * Fills each parameter from a stream of its own, `randomStream(seed, "initialisation", name)`: adding a layer
 * does not change the first values of the others.
 * @param view - the memory of a parameter, by name.
 */
export function initialiseParameters(
  parameters: readonly InitialisedParameter[],
  seed: number,
  view: (name: string) => Float32Array | Float64Array,
): void {
  for (const { name, initialise } of parameters) {
    initialise(view(name), randomStream(seed, "initialisation", name));
  }
}
