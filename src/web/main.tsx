/** Where the page begins: index.html loads it. */
import { render } from "preact";
import { Page } from "./shell/page.tsx";

const place = document.getElementById("page");
if (place !== null) render(<Page />, place);
