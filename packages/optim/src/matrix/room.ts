import { type Backend, type BackendMemory, elementBytes, type Values, viewOf } from "../backends/backend.js";
import type { Addresses } from "../optimizer/memory/arena.js";
import { elementCount, type ParameterSpec } from "../parameter.js";
import { ElementwiseStages } from "./elementwise.js";
import type { InitialState, Place, PlannedParameter, PlanTools } from "./matrixRule.js";

/** A state array that a plan has declared. */
export interface DeclaredState {
  readonly parameter: ParameterSpec;
  /** The slot's name, without the parameter's. */
  readonly slot: string;
  readonly place: Place;
  readonly initial: InitialState;
}

/** Takes note of the arrays that the plan of one group declares, gives them addresses, and then views. */
export class Room {
  readonly states: DeclaredState[] = [];
  readonly #scratches: Place[] = [];
  readonly #addresses = new Map<Place, number>();
  readonly #parts = new Map<Place, { readonly of: Place; readonly offset: number }>();
  readonly elementwise = new ElementwiseStages();

  /** What a plan gets beside its parameters. */
  readonly tools: PlanTools = {
    elementwise: (update, tensors) => this.elementwise.declare(update, tensors),
    part: (of, offset, shape) => {
      const place = { shape };
      this.#parts.set(place, { of, offset });
      return place;
    },
  };

  /** A parameter as its rule's plan sees it. */
  declare(parameter: ParameterSpec): PlannedParameter {
    const { shape } = parameter;
    return {
      shape,
      x: { shape },
      g: { shape },
      state: (slot, stateShape, initial = { fill: 0 }) => {
        const place = { shape: stateShape };
        this.states.push({ parameter, slot, place, initial });
        return place;
      },
      scratch: (scratchShape) => {
        const place = { shape: scratchShape };
        this.#scratches.push(place);
        return place;
      },
    };
  }

  /** Elements of all declared state. */
  get stateElements(): number {
    return this.states.reduce((sum, { place }) => sum + elementCount(place.shape), 0);
  }

  /** Elements of all declared arrays that need not outlive a step. */
  get scratchElements(): number {
    return this.#scratches.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /** Says where a parameter or its gradient lies. */
  locate(place: Place, address: number): void {
    this.#addresses.set(place, address);
  }

  /** Gives every declared array its address: state from `start` to `end`, then the rest. */
  layOut({ take, taken }: Addresses, precision: Backend["precision"]): { start: number; end: number } {
    const bytes = ({ shape }: Place) => elementCount(shape) * elementBytes(precision);
    const start = taken();
    for (const { place } of this.states) this.#addresses.set(place, take(bytes(place)));
    const end = taken();
    for (const place of this.#scratches) this.#addresses.set(place, take(bytes(place)));
    return { start, end };
  }

  address(place: Place, precision: Backend["precision"]): number {
    const part = this.#parts.get(place);
    if (part !== undefined) return this.address(part.of, precision) + part.offset * elementBytes(precision);
    const address = this.#addresses.get(place);
    if (address === undefined) throw new Error("internal: an array of another plan");
    return address;
  }

  view(place: Place, precision: Backend["precision"], memory: BackendMemory): Values {
    return viewOf(precision, memory, this.address(place, precision), elementCount(place.shape));
  }
}

/** Writes what a state array holds before the first update. */
export function initialise(view: Values, { shape }: Place, initial: InitialState): void {
  if ("fill" in initial) {
    view.fill(initial.fill);
    return;
  }
  const columns = shape[1] ?? 1;
  for (let i = 0; i < view.length; i += columns + 1) view[i] = initial.identity;
}
