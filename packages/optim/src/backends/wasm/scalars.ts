import type { BinaryOperator, Comparison, Expression, UnaryOperator } from "../../language/expression.js";

/*
 * Scalar expressions run once a step, many steps: they are compiled to instructions over float64 registers,
 * so that a step makes no garbage (closures that return numbers would box them).
 */

type Operation = UnaryOperator | BinaryOperator | Comparison | "copy";

interface Instruction {
  readonly operation: Operation;
  readonly target: number;
  /** Registers of the operands; a comparison has left, right, whenTrue, whenFalse. */
  readonly a: number;
  readonly b: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
}

export type ScalarProgram = readonly Instruction[];

/** Assigns registers to names, constants and intermediate values, for all programs of a body. */
export class RegisterFile {
  readonly #names = new Map<string, number>();
  readonly #initial: number[] = [];
  readonly #constants = new Map<string, number>();

  /** The register of a named scalar. */
  named(name: string): number {
    const existing = this.#names.get(name);
    if (existing !== undefined) return existing;
    const register = this.#fresh(Number.NaN);
    this.#names.set(name, register);
    return register;
  }

  /** Fresh registers, with the constants in place. */
  instantiate(): Float64Array {
    return Float64Array.from(this.#initial);
  }

  /**
   * A program that computes the named scalars, in order, and then the results; `results` are the registers
   * they end in. Later programs read the named scalars by name.
   */
  compile(
    named: Readonly<Record<string, Expression>>,
    results: readonly Expression[],
  ): { readonly program: ScalarProgram; readonly results: readonly number[] } {
    const program: Instruction[] = [];
    const known = new Map<string, number>();
    const emit = (operation: Operation, a: number, b = a, whenTrue = a, whenFalse = a): number => {
      const key = `${operation} ${a} ${b} ${whenTrue} ${whenFalse}`;
      const existing = known.get(key);
      if (existing !== undefined) return existing;
      const target = this.#fresh(Number.NaN);
      program.push({ operation, target, a, b, whenTrue, whenFalse });
      known.set(key, target);
      return target;
    };
    const compile = (expression: Expression): number => {
      switch (expression.kind) {
        case "constant":
          return this.#constant(expression.value);
        case "variable":
          return this.named(expression.name);
        case "unary":
          return emit(expression.operator, compile(expression.operand));
        case "binary":
          return emit(expression.operator, compile(expression.left), compile(expression.right));
        case "select":
          return emit(
            expression.comparison,
            compile(expression.left),
            compile(expression.right),
            compile(expression.whenTrue),
            compile(expression.whenFalse),
          );
      }
    };
    for (const [name, expression] of Object.entries(named)) {
      // A copy, since the variable's own register may change before the scalar is read (carried scalars do).
      const register = compile(expression);
      this.#names.set(name, expression.kind === "variable" ? emit("copy", register) : register);
    }
    return { results: results.map(compile), program };
  }

  #fresh(value: number): number {
    return this.#initial.push(value) - 1;
  }

  #constant(value: number): number {
    const key = Object.is(value, -0) ? "-0" : String(value);
    const existing = this.#constants.get(key);
    if (existing !== undefined) return existing;
    const register = this.#fresh(value);
    this.#constants.set(key, register);
    return register;
  }
}

/** Runs a program over registers. */
export function runScalars(program: ScalarProgram, registers: Float64Array): void {
  for (const instruction of program) {
    const a = registers[instruction.a] ?? Number.NaN;
    const b = registers[instruction.b] ?? Number.NaN;
    switch (instruction.operation) {
      case "copy":
        registers[instruction.target] = a;
        break;
      case "negate":
        registers[instruction.target] = -a;
        break;
      case "absolute":
        registers[instruction.target] = Math.abs(a);
        break;
      case "square":
        registers[instruction.target] = a * a;
        break;
      case "squareRoot":
        registers[instruction.target] = Math.sqrt(a);
        break;
      case "sign":
        registers[instruction.target] = Math.sign(a);
        break;
      case "floor":
        registers[instruction.target] = Math.floor(a);
        break;
      case "exponential":
        registers[instruction.target] = Math.exp(a);
        break;
      case "logarithm":
        registers[instruction.target] = Math.log(a);
        break;
      case "add":
        registers[instruction.target] = a + b;
        break;
      case "subtract":
        registers[instruction.target] = a - b;
        break;
      case "multiply":
        registers[instruction.target] = a * b;
        break;
      case "divide":
        registers[instruction.target] = a / b;
        break;
      case "minimum":
        registers[instruction.target] = Math.min(a, b);
        break;
      case "maximum":
        registers[instruction.target] = Math.max(a, b);
        break;
      case "power":
        registers[instruction.target] = a ** b;
        break;
      case "equal":
        registers[instruction.target] = chosen(registers, instruction, a === b);
        break;
      case "greater":
        registers[instruction.target] = chosen(registers, instruction, a > b);
        break;
      case "greaterEqual":
        registers[instruction.target] = chosen(registers, instruction, a >= b);
        break;
    }
  }
}

const chosen = (registers: Float64Array, { whenTrue, whenFalse }: Instruction, condition: boolean): number =>
  registers[condition ? whenTrue : whenFalse] ?? Number.NaN;
