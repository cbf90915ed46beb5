// The page: connects to the host it came from, and keeps the session in the page's address.
import { keepInAddress, mount, preferences, readAddress, socketHost } from "./lab.js";

async function begin(): Promise<void> {
  const place = document.getElementById("lab");
  if (place === null) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const host = socketHost(`${scheme}//${location.host}/live`);
  const link = await readAddress(location.hash);
  const { store } = mount(host, place, { ...preferences.read(), ...link });
  preferences.follow(store);
  keepInAddress(store);
}

void begin();
