import { SteepestError } from "../errors.js";
import {
  type BodyBuilder,
  defineRule,
  type OptionValues,
  type RuleDeclaration,
} from "../language/defineRule.js";
import type {
  Citation,
  HyperSpec,
  OptionSpec,
  OptionValue,
  Preset,
  PresetName,
  Rule,
  RuleBody,
} from "../language/rule.js";
import { declaredTwice } from "../language/validate.js";

/** The option that names what a wrapper wraps. */
export const baseOption = "base";

/** Turns a rule into another: what it adds to the base's body, hyper-parameters and options. */
export interface Wrapper {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly cite: Citation;
  /** Every rule, wrapped. @throws SteepestError `misuse` for a base that cannot be wrapped */
  wrap(base: Rule): Rule;
}

/** A wrapper as it is written down: like a rule, whose body is handed the base's. */
export interface WrapperDeclaration<
  Hyper extends Readonly<Record<string, HyperSpec>>,
  Options extends Readonly<Record<string, OptionSpec>>,
> extends Pick<
    RuleDeclaration<Hyper, Options>,
    "name" | "title" | "summary" | "cite" | "hyper" | "options" | "symbols"
  > {
  readonly body: (
    rule: BodyBuilder<Extract<keyof Hyper, string>>,
    base: RuleBody,
    options: OptionValues<Options>,
  ) => RuleBody;
}

/** @throws SteepestError `misuse` where what a wrapper adds has a name that its base has already */
export function refuseClash(
  wrapper: string,
  base: Pick<Rule, "name" | "hyper" | "options">,
  added: readonly string[],
): void {
  const twice = [...added, baseOption].find(
    (one) => Object.hasOwn(base.hyper, one) || Object.hasOwn(base.options, one),
  );
  if (twice !== undefined) throw declaredTwice(`${wrapper} over ${base.name}`, twice);
}

/** A wrapper from its declaration. Its own hyper-parameters come after the base's. */
export function defineWrapper<
  const Hyper extends Readonly<Record<string, HyperSpec>>,
  const Options extends Readonly<Record<string, OptionSpec>> = Readonly<Record<never, OptionSpec>>,
>(declaration: WrapperDeclaration<Hyper, Options>): Wrapper {
  const { name, title, summary, cite, hyper, options, symbols, body } = declaration;
  return {
    ...{ name, title, summary, cite },
    wrap: (base) => {
      refuseClash(name, base, [...Object.keys(hyper), ...Object.keys(options ?? {})]);
      const rule = defineRule({
        ...base,
        ...{ name, title, summary, cite },
        hyper: { ...base.hyper, ...hyper },
        options: { ...base.options, ...options, [baseOption]: optionOfBase(base.name) },
        symbols: { ...base.symbols, ...symbols },
        presets: withBase(base.presets, base.name),
        body: (builder, chosen) => {
          const inner = base.body(chosen);
          if (inner.evaluation !== undefined) throw averagesTwice(name, base.name);
          // The wrapper's own options are among the chosen, and the builder knows every hyper-parameter.
          return body(builder, inner, chosen as OptionValues<Options>);
        },
      });
      return rule;
    },
  };
}

/** The option that names the base, where it is chosen already. */
export const optionOfBase = (base: string): OptionSpec => ({
  default: base,
  values: [base],
  description: "the rule it wraps, by name: any that works element by element and does not average itself",
});

/** The base's presets, which are of the base alone. */
export const withBase = (
  presets: Readonly<Partial<Record<PresetName, Preset>>>,
  base: OptionValue,
): Readonly<Partial<Record<PresetName, Preset>>> =>
  Object.fromEntries(
    Object.entries(presets).map(([preset, { values, arguments: mappings }]) => [
      preset,
      { values: { ...values, [baseOption]: base }, arguments: mappings },
    ]),
  );

const averagesTwice = (wrapper: string, base: string) =>
  new SteepestError(
    "misuse",
    `${wrapper} averages weights, but ${base} does so already`,
    `Use ${base} alone, or wrap another rule`,
  );
