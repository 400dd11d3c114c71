import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env["LIMN_DEV_BACKEND"] ?? "http://127.0.0.1:8000";

/** CommonJS packages behind Cornerstone's workers: un-bundled in development, a worker dies without a word. */
const commonJsBehindWorkers = [
  "dicom-parser",
  "pako",
  "comlink",
  "gl-matrix",
  ...[
    "fast-deep-equal",
    "xmlbuilder2",
    "globalthis",
    "seedrandom",
    "spark-md5",
    "utif",
    "stream-browserify",
  ].map((name) => `@kitware/vtk.js > ${name}`),
  "@cornerstonejs/codec-charls/decodewasmjs",
  "@cornerstonejs/codec-openjpeg/decodewasmjs",
  "@cornerstonejs/codec-openjph/wasmjs",
  "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs",
  "@cornerstonejs/codec-libjxl/decodewasmjs",
];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  optimizeDeps: {
    exclude: ["@cornerstonejs/dicom-image-loader", "onnxruntime-web"],
    include: commonJsBehindWorkers,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/dicomweb", "/frames"].map((path) => [path, { target: backend }]),
    ),
  },
  build: { target: "esnext", outDir: "dist", chunkSizeWarningLimit: 5000 },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    sequence: { shuffle: true },
  },
});
