import { type ActivationName, type FanInitialiser, mlp, torchDefault, uniform } from "@steepest/nn";
import { imageClassifier } from "../classification/classifier.js";
import { withWrongLabels } from "../classification/labelNoise.js";
import { baseOf } from "../heldOut.js";
import { loadFashionMnist } from "./dataset.js";

interface Setting {
  readonly width: number;
  readonly activation: ActivationName;
  readonly weight: FanInitialiser;
  readonly noise: number;
}

/** The weights that are usual, three times as far from 0. */
const large: FanInitialiser = (fans) => uniform(3 / Math.sqrt(fans.in))(fans);

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) with the 784-100-10 network: ReLU, softmax cross-entropy,
 * 79,510 parameters.
 */
export const fashionMnist = baseOf<Setting>({
  name: "fashion-mnist",
  description: "Fashion-MNIST, 28x28 images of ten kinds of clothes, by a 784-100-10 network",
  defaults: { batchSize: 128, epochs: 10 },
  metric: "accuracy",
  budget: { stepHint: 1200, steps: 1200, evaluateEvery: 75 },
  setting: { width: 100, activation: "relu", weight: torchDefault, noise: 0 },
  heldOut: {
    "model-size": { difference: "50 hidden units", setting: { width: 50 } },
    tanh: { difference: "tanh in place of ReLU", setting: { activation: "tanh" } },
    "large-init": { difference: "first weights three times as large", setting: { weight: large } },
    "label-noise": { difference: "a tenth of the training labels is wrong", setting: { noise: 0.1 } },
  },
  async load({ width, activation, weight, noise }, { notify = () => {} }) {
    const dataset = await loadFashionMnist(notify);
    return imageClassifier(withWrongLabels(dataset, noise, 0), (dropout = 0) =>
      mlp([784, width, 10], { activation, weight, dropout }),
    );
  },
});
