import "@testing-library/jest-dom/vitest";

import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);

// happy-dom knows no font loading; text areas that grow ask for it.
Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
