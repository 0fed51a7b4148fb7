import type { ElementEmitter, Slots } from "./elements.js";
import { type FunctionEncoder, i32, simd, v128 } from "./encoder.js";
import type { ElementOperator, LoweredPhase } from "./lower.js";

/*
 * A power is a chain of fifty operations that wait for each other, and a core looks ahead about a hundred: a
 * loop over the whole body would leave it waiting. There the body is cut into stages, each a loop of its own
 * over a strip of elements that stays in the nearest cache. What a stage hands to the next lies in slots, one
 * for each cut node; anything else that a later stage needs it computes again.
 */

/** Elements of a strip. */
const stripElements = 256;
const lanes = 4;
const laneBytes = 4;
const slotBytes = stripElements * laneBytes;

const cutting: readonly ElementOperator[] = ["together", "exceptWhere"];

/** The nodes that a loop does not go beyond, by the stage that computes them; the last stage has none. */
export interface Stages {
  readonly stages: readonly (readonly number[])[];
  /** Nodes with exceptions, and the stage in which it is found out whether there are any. */
  readonly exceptions: readonly { readonly node: number; readonly foundIn: number }[];
  /** By cut node: where its slot begins. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Of memory for the slots. */
  readonly bytes: number;
}

export function stagesOf({ nodes }: LoweredPhase): Stages {
  // By node: how many cuts lie before it.
  const depths: number[] = [];
  const cuts: number[] = [];
  nodes.forEach((node, index) => {
    const operands = node.kind === "operation" ? node.operands : [];
    const depth = Math.max(0, ...operands.map((operand) => depths[operand] ?? 0));
    const cut = node.kind === "operation" && cutting.includes(node.operator);
    if (cut) cuts.push(index);
    depths.push(cut ? depth + 1 : depth);
  });
  const depthOf = (node: number) => depths[node] ?? 0;
  const count = Math.max(0, ...cuts.map(depthOf));
  return {
    stages: Array.from({ length: count }, (_, stage) => cuts.filter((cut) => depthOf(cut) === stage + 1)),
    exceptions: cuts.flatMap((cut) => {
      const node = nodes[cut];
      if (node?.kind !== "operation" || node.operator !== "exceptWhere") return [];
      return [{ node: cut, foundIn: depthOf(node.operands[0] ?? 0) }];
    }),
    offsets: new Map(cuts.map((cut, place) => [cut, place * slotBytes])),
    bytes: cuts.length * slotBytes,
  };
}

export interface StripLoops {
  readonly code: FunctionEncoder;
  readonly plan: Stages;
  /** Copies of the body, one after the other. */
  readonly emitters: readonly ElementEmitter[];
  /** Locals: the addresses of arrays, of the slots, and how many elements are left. */
  readonly pointers: readonly number[];
  readonly slots: number;
  readonly remaining: number;
  /** What is left of the body once all that is cut lies in slots. */
  readonly conclude: (slots: Slots) => void;
}

/** Loops over strips until fewer elements are left than there are lanes in all copies. */
export function stripLoops({ code, plan, emitters, pointers, slots, remaining, conclude }: StripLoops): void {
  const step = lanes * emitters.length;
  const length = code.local(i32);
  const left = code.local(i32);
  const masks = new Map(plan.exceptions.map(({ node }) => [node, code.local(v128)]));
  const add = (local: number, amount: number) => {
    code.get(local);
    code.i32Constant(amount);
    code.i32Add();
    code.set(local);
  };
  const rewind = (moved: readonly number[]) => {
    for (const pointer of moved) {
      code.get(pointer);
      code.get(length);
      code.i32Constant(Math.log2(laneBytes));
      code.i32ShiftLeft();
      code.i32Subtract();
      code.set(pointer);
    }
  };
  /** A loop over the strip, so many elements at a time. */
  const overStrip = (elements: number, again: boolean, body: () => void) => {
    code.get(length);
    code.set(left);
    code.whileAtLeast(left, elements, () => {
      body();
      for (const pointer of [...pointers, slots]) add(pointer, elements * laneBytes);
      add(left, -elements);
    });
    rewind(again ? [...pointers, slots] : [slots]);
  };
  const known = (stage: number): Slots => ({
    pointer: slots,
    offsets: new Map([...plan.offsets].filter(([node]) => plan.stages.slice(0, stage).flat().includes(node))),
  });

  const makeStage = (cuts: readonly number[], stage: number) => {
    const found = plan.exceptions.filter(({ foundIn }) => foundIn === stage);
    overStrip(step, true, () => {
      for (const emitter of emitters) emitter.begin(false, known(stage));
      const values = emitters.map((emitter) => emitter.ordinary(cuts));
      for (const { node } of found)
        for (const emitter of emitters) {
          const mask = masks.get(node) ?? 0;
          emitter.exceptional(node);
          code.get(mask);
          code.simd(simd.or);
          code.set(mask);
        }
      // Stored together, the copies are computed abreast: the compiler orders only what has effects.
      emitters.forEach((emitter, copy) => {
        cuts.forEach((cut, place) => {
          emitter.leave(cut, values[copy]?.[place] ?? 0, { pointer: slots, offsets: plan.offsets });
        });
      });
    });
    for (const { node } of plan.exceptions.filter((one) => cuts.includes(one.node))) {
      const mask = masks.get(node) ?? 0;
      code.get(mask);
      code.simd(simd.anyTrue);
      code.when(() => {
        const [emitter] = emitters;
        overStrip(lanes, true, () => {
          emitter?.begin(false, known(stage));
          emitter?.correctSlot(node, { pointer: slots, offsets: plan.offsets });
        });
        code.f32x4Constant(0);
        code.set(mask);
      });
    }
  };

  code.whileAtLeast(remaining, step, () => {
    code.get(remaining);
    code.i32Constant(-step);
    code.i32And();
    code.set(length);
    code.get(length);
    code.i32Constant(stripElements);
    code.i32GreaterEqualSigned();
    code.when(() => {
      code.i32Constant(stripElements);
      code.set(length);
    });
    plan.stages.forEach(makeStage);
    overStrip(step, false, () => {
      conclude(known(plan.stages.length));
    });
    code.get(remaining);
    code.get(length);
    code.i32Subtract();
    code.set(remaining);
  });
}
