import type { OptionValue } from "../src/language/rule.js";
import { optionChoices } from "../src/language/validate.js";
import { type RegistryEntry, registry } from "../src/registry.js";
import { formatOptimizerSpec, type OptimizerSpec } from "../src/spec.js";

export const backends = ["float64", "wasm"] as const;
export type Backend = (typeof backends)[number];

/**
 * Every choice of a rule's options; of others the default form and those that differ from it in one option:
 * all would take minutes.
 */
const choicesOf = (entry: RegistryEntry): readonly Readonly<Record<string, OptionValue>>[] =>
  entry.kind === "rule"
    ? optionChoices(entry.rule)
    : [
        {},
        ...Object.entries(entry.options).flatMap(([name, { default: usual, values }]) =>
          values.filter((value) => value !== usual).map((value) => ({ [name]: value })),
        ),
      ];

/** The entries of these kinds, in every form: a title, the specification and the entry. */
export function formsOf<Kind extends RegistryEntry["kind"]>(...kinds: readonly Kind[]) {
  return registry
    .filter((entry): entry is Extract<RegistryEntry, { readonly kind: Kind }> =>
      kinds.some((kind) => kind === entry.kind),
    )
    .flatMap((entry) =>
      choicesOf(entry).map((options) => {
        const spec: OptimizerSpec = { name: entry.name, hyper: {}, options };
        return [formatOptimizerSpec(spec), spec, entry] as const;
      }),
    );
}

/** The same on every back end. */
export const onBackends = <Spec, Entry>(forms: readonly (readonly [string, Spec, Entry])[]) =>
  forms.flatMap(([title, spec, entry]) => backends.map((backend) => [title, backend, spec, entry] as const));
