// Reads barcodes from pictures: the browser's own detector where it knows our kinds, else ZXing compiled for the web,
// both from our own address.

import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import wasm from "zxing-wasm/reader/zxing_reader.wasm";

const FORMATS = [
  "code_128", "code_39", "codabar", "data_matrix", "databar", "databar_expanded", "ean_8", "ean_13", "itf", "pdf417",
  "qr_code", "upc_a", "upc_e",
];
const here = document.currentScript.src;

prepareZXingModule({
  overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? new URL(wasm, here).href : prefix + path) },
});

window.CounterflowDecoder = async () => {
  const native = window.BarcodeDetector;
  const known = native ? await native.getSupportedFormats().catch(() => []) : [];
  const all = ["code_128", "data_matrix", "ean_13", "itf", "qr_code"].every((format) => known.includes(format));
  return all ? new native({ formats: FORMATS.filter((format) => known.includes(format)) }) : new BarcodeDetector({ formats: FORMATS });
};
