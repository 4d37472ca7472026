// Light or dark, dense or wide, before the first paint. Loaded in the head, so it stays this small.

import { apply } from "./scheme.js";

apply();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
