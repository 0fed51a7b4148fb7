import { defineRule } from "../language/defineRule.js";
import { mul, sub } from "../language/expression.js";
import { stepSize } from "../language/hyper.js";

/** Gradient descent with a constant step, on the gradient of the whole objective. */
export const gd = defineRule({
  name: "gd",
  title: "Gradient descent",
  summary: "a constant step against the full gradient; an iteration costs n sample gradients",
  cite: {
    authors: "Cauchy",
    year: 1847,
    title: "Méthode générale pour la résolution des systèmes d'équations simultanées",
    url: "https://gallica.bnf.fr/ark:/12148/bpt6k2982c/f540",
  },
  hyper: { lr: stepSize(1e-2) },
  body: (rule) => rule.elementwise({ update: ({ x, g, lr }) => ({ x: sub(x, mul(lr, g)) }) }),
});
