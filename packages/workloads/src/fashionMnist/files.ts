import { gunzipSync } from "node:zlib";
import type { DataFiles } from "@steepest/files";

/**
 * The four files, and the SHA-256 of each once decompressed: distributions compress them anew, with other
 * bytes.
 */
export const fashionMnistFiles = {
  testLabels: {
    name: "t10k-labels-idx1-ubyte.gz",
    sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  },
  trainLabels: {
    name: "train-labels-idx1-ubyte.gz",
    sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
  },
  testImages: {
    name: "t10k-images-idx3-ubyte.gz",
    sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
  },
  trainImages: {
    name: "train-images-idx3-ubyte.gz",
    sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
  },
} as const;

/**
 * Where Fashion-MNIST is had: Debian's package `dataset-fashion-mnist`, and the host that its authors (Xiao,
 * Rasul and Vollgraf 2017) name.
 */
export const fashionMnistData: DataFiles = {
  title: "Fashion-MNIST",
  folder: "fashion-mnist",
  files: Object.values(fashionMnistFiles),
  systemFolders: ["/usr/share/datasets/fashion-mnist"],
  host: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
  unpack: gunzipSync,
};
