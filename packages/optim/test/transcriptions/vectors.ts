import type { Forms, Numbers, VectorStep } from "./transcriptions.js";

/**
 * Literal transcriptions of rules that sum over elements: given the chosen values and the parameter's start,
 * a function that makes one step of the whole parameter and keeps its memory to itself.
 */
export type SumTranscription = (hyper: Numbers, options: Forms, start: readonly number[]) => VectorStep;

export type Vector = readonly number[];

export const zeros = (x: Vector): number[] => x.map(() => 0);
export const at = (x: Vector, i: number): number => x[i] ?? Number.NaN;
export const sum = (x: Vector): number => x.reduce((total, value) => total + value, 0);
export const norm = (x: Vector): number => Math.sqrt(sum(x.map((each) => each * each)));
/** The hyper-parameter of this name, which the rule has. */
export const value = (hyper: Numbers, name: string): number => hyper[name] ?? Number.NaN;
