import { mount } from "svelte";

import { dress } from "./address.ts";
import Workbench from "./Workbench.svelte";

await dress();
mount(Workbench, { target: document.querySelector("#app")! });
