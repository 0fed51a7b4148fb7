import { type FunctionEncoder, type SimdInstruction, simd, v128 } from "./encoder.js";
import type { ElementOperator, LoweredPhase } from "./lower.js";

/** Operators that are one instruction of four lanes, by their operands in order. */
const instructions: Readonly<Partial<Record<ElementOperator, SimdInstruction>>> = {
  add: simd.f32x4Add,
  subtract: simd.f32x4Subtract,
  multiply: simd.f32x4Multiply,
  divide: simd.f32x4Divide,
  smaller: simd.f32x4PseudoMinimum,
  larger: simd.f32x4PseudoMaximum,
  negate: simd.f32x4Negate,
  absolute: simd.f32x4Absolute,
  squareRoot: simd.f32x4SquareRoot,
  floor: simd.f32x4Floor,
  nearest: simd.f32x4Nearest,
  equal: simd.f32x4Equal,
  notEqual: simd.f32x4NotEqual,
  greater: simd.f32x4Greater,
  greaterEqual: simd.f32x4GreaterEqual,
  and: simd.and,
  andNot: simd.andNot,
  or: simd.or,
  bitsAdd: simd.i32x4Add,
  bitsSubtract: simd.i32x4Subtract,
  fromBits: simd.f32x4FromIntegers,
};

/** The bits of a float32 number below its exponent. */
const mantissaBits = 23;

/** Values of nodes in memory: of each four elements at a pointer, the node's offset further on. */
export interface Slots {
  readonly pointer: number;
  /** By node, in bytes. */
  readonly offsets: ReadonlyMap<number, number>;
}

const noSlots: Slots = { pointer: 0, offsets: new Map() };

/**
 * Emits one copy of the loop's body, four elements at a byte offset from the pointers: nodes used twice are
 * kept in locals, the others stay on the stack.
 */
export class ElementEmitter {
  readonly #code: FunctionEncoder;
  readonly #phase: LoweredPhase;
  readonly #pointers: ReadonlyMap<string, number>;
  readonly #scalars: readonly number[];
  readonly #offset: number;
  readonly #uses: readonly number[];
  /** By node: the local that keeps it, where it needs one. */
  readonly #locals = new Map<number, number>();
  #done = new Set<number>();
  #single = false;
  #slots: Slots = noSlots;

  constructor(
    code: FunctionEncoder,
    phase: LoweredPhase,
    pointers: ReadonlyMap<string, number>,
    scalars: readonly number[],
    offset: number,
  ) {
    this.#code = code;
    this.#phase = phase;
    this.#pointers = pointers;
    this.#scalars = scalars;
    this.#offset = offset;
    const uses = phase.nodes.map(() => 0);
    const use = (node: number) => {
      uses[node] = (uses[node] ?? 0) + 1;
    };
    for (const node of phase.nodes) if (node.kind === "operation") node.operands.forEach(use);
    for (const { node } of phase.stores) use(node);
    for (const { operands } of phase.sums) operands.forEach(use);
    this.#uses = uses;
  }

  /** Starts anew; `single`: one element instead of four; `slots`: nodes whose values lie in memory. */
  begin(single: boolean, slots: Slots = noSlots): void {
    this.#single = single;
    this.#slots = slots;
    this.#done.clear();
  }

  /** Computes nodes into locals. */
  materialise(nodes: readonly number[]): readonly number[] {
    return nodes.map((node) => {
      this.#value(node);
      const local = this.#localOf(node);
      this.#code.set(local);
      this.#done.add(node);
      return local;
    });
  }

  /** Computes what nodes are ordinarily into locals; nodes without exceptions, what they are. */
  ordinary(nodes: readonly number[]): readonly number[] {
    return this.materialise(
      nodes.map((node) => this.#operands(node)).map(([first = 0, , third]) => third ?? first),
    );
  }

  /** Stores a node's value in its slot. */
  leave(node: number, value: number, { pointer, offsets }: Slots): void {
    this.#code.get(pointer);
    this.#code.get(value);
    this.#code.v128Store((offsets.get(node) ?? 0) + this.#offset);
  }

  /** Leaves on the stack in which lanes a node is not what it is ordinarily. */
  exceptional(node: number): void {
    this.#value(this.#operands(node)[0] ?? 0);
  }

  /**
   * Takes what is ordinarily the value of a node with exceptions; the local that says in which lanes it is
   * not.
   */
  assume(node: number): number {
    const [exceptional = 0, , ordinary = 0] = this.#operands(node);
    const [mask = 0] = this.materialise([exceptional]);
    this.#value(ordinary);
    this.#code.set(this.#localOf(node));
    this.#done.add(node);
    return mask;
  }

  /** Puts the exceptions right; what is computed for that is not known afterwards. */
  correct(node: number, mask: number): void {
    const [, exception = 0] = this.#operands(node);
    const before = new Set(this.#done);
    this.#value(exception);
    this.#done = before;
    this.#code.get(this.#localOf(node));
    this.#code.get(mask);
    this.#code.simd(simd.bitSelect);
    this.#code.set(this.#localOf(node));
  }

  /** The same of a node whose ordinary value lies in its slot. */
  correctSlot(node: number, { pointer, offsets }: Slots): void {
    const [exceptional = 0, exception = 0] = this.#operands(node);
    const offset = (offsets.get(node) ?? 0) + this.#offset;
    this.#code.get(pointer);
    this.#value(exception);
    this.#code.get(pointer);
    this.#code.v128Load(offset);
    this.#value(exceptional);
    this.#code.simd(simd.bitSelect);
    this.#code.v128Store(offset);
  }

  /** Stores values, of the phase's stores in order. */
  store(values: readonly number[]): void {
    this.#phase.stores.forEach(({ array }, index) => {
      this.#code.get(this.#pointer(array));
      this.#code.get(values[index] ?? 0);
      if (this.#single) this.#code.v128StoreLane0(this.#offset);
      else this.#code.v128Store(this.#offset);
    });
  }

  #operands(index: number): readonly number[] {
    const node = this.#phase.nodes[index];
    return node?.kind === "operation" ? node.operands : [];
  }

  #localOf(node: number): number {
    const existing = this.#locals.get(node);
    if (existing !== undefined) return existing;
    const local = this.#code.local(v128);
    this.#locals.set(node, local);
    return local;
  }

  #pointer(array: string): number {
    const pointer = this.#pointers.get(array);
    if (pointer === undefined) throw new Error(`internal: no address for ${array}`);
    return pointer;
  }

  /** Leaves the node's value on the stack. */
  #value(index: number): void {
    const node = this.#phase.nodes[index];
    if (node === undefined) throw new Error(`internal: no node ${index}`);
    if (node.kind === "scalar") {
      this.#code.get(this.#scalars[node.input] ?? 0);
      return;
    }
    if (this.#done.has(index)) {
      this.#code.get(this.#localOf(index));
      return;
    }
    const slot = this.#slots.offsets.get(index);
    if (slot !== undefined) {
      this.#code.get(this.#slots.pointer);
      this.#code.v128Load(slot + this.#offset);
      this.#keep(index);
      return;
    }
    if (node.kind === "load") {
      this.#code.get(this.#pointer(node.array));
      if (this.#single) this.#code.v128LoadLane0(this.#offset);
      else this.#code.v128Load(this.#offset);
    } else {
      this.#operation(node.operator, node.operands);
    }
    this.#keep(index);
  }

  /** Keeps what is on the stack where it is used again. */
  #keep(index: number): void {
    if ((this.#uses[index] ?? 0) <= 1) return;
    this.#code.tee(this.#localOf(index));
    this.#done.add(index);
  }

  #operation(operator: ElementOperator, operands: readonly number[]): void {
    const instruction = instructions[operator];
    if (operator === "select") {
      const [mask = 0, whenTrue = 0, whenFalse = 0] = operands;
      for (const operand of [whenTrue, whenFalse, mask]) this.#value(operand);
      this.#code.simd(simd.bitSelect);
      return;
    }
    for (const operand of operands) this.#value(operand);
    if (instruction !== undefined) {
      this.#code.simd(instruction);
    } else if (operator === "together") {
      // The operand itself, which is on the stack.
    } else if (operator === "toExponent") {
      this.#code.i32Constant(mantissaBits);
      this.#code.simd(simd.i32x4ShiftLeft);
    } else {
      throw new Error(`internal: ${operator} stands where it is not put right`);
    }
  }
}
