// Light or dark, before the first paint. Loaded in the head, so it stays this small.

import { apply, chosen } from "./scheme.js";

apply(chosen());
