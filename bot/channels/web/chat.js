/* The web chat: what the server says is shown as text only, never as HTML, and nothing of a
   conversation stays on the device except a random sender id, until the tab is closed. */
(function () {
  'use strict';

  const ENDPOINT = '/webhooks/rest/webhook';
  const GREETING = '/greet';
  const TIMEOUT_MS = 20000;
  const TYPING_AFTER_MS = 300;
  const ESCAPE_TWICE_MS = 1000;

  const byId = (id) => document.getElementById(id);
  const scroll = byId('scroll');
  const log = byId('log');
  const typing = byId('typing');
  const input = byId('message');
  const long = byId('long');
  const limit = Number(long.dataset.limit);

  let sender = '';
  let round = 0;      // a new conversation starts a new round; answers of older rounds are dropped
  let busy = false;   // one message is on its way at a time, so that they arrive in order
  let queue = [];     // {message, id, node}: waiting to be sent
  let unsent = [];    // the same, failed, in the order in which they were written
  let typingTimer = 0;
  let room = 0;       // the height that the conversation has
  let lastEscape = -Infinity;

  /* ---- who is writing ---- */

  function randomId() {
    const bytes = new Uint8Array(16);
    if (window.crypto && crypto.getRandomValues) crypto.getRandomValues(bytes);
    else bytes.forEach((_, i) => { bytes[i] = Math.random() * 256; });
    return Array.from(bytes, (b) => ('0' + b.toString(16)).slice(-2)).join('');
  }

  // A browser may forbid storage: the id then lives as long as the page.
  function stored(change) {
    try { return change(window.sessionStorage); } catch (e) { return null; }
  }

  function newSender() {
    sender = randomId();
    stored((s) => s.setItem('sender', sender));
  }

  /* ---- showing ---- */

  function clone(id) {
    const part = document.importNode(byId(id).content, true);
    return part.firstElementChild;
  }

  function safeUrl(url) {
    try {
      const parsed = new URL(url, location.href);
      return /^https?:$/.test(parsed.protocol) ? parsed.href : '';
    } catch (e) { return ''; }
  }

  const lines = log.dataset.lines.split(' ').join('|');
  const LINK = new RegExp('https?://[^\\s<>"]+|1[78]00(?:[ \\u00a0.-]?\\d){6}|' + lines, 'gi');
  // "$171", "2026-171", "1.171" and "171,50" are no telephone numbers; "ECU-911" has one.
  const NO_PHONE_BEFORE = /(?:\w|\d[.,\/:-]|\$\s?)$/;
  const NO_PHONE_AFTER = /^(?:\w|[.,\/:-]\d|\s?%)/;

  function link(found, before, after) {
    const a = document.createElement('a');
    if (/^http/i.test(found)) {
      a.textContent = found.replace(/[.,;:!?)\]»”’'*]+$/, '');
      a.href = safeUrl(a.textContent);
      a.target = '_blank';
      a.rel = 'noopener noreferrer';
      return a.getAttribute('href') ? a : null;
    }
    if (NO_PHONE_BEFORE.test(before) || NO_PHONE_AFTER.test(after)) return null;
    a.textContent = found;
    a.href = 'tel:' + found.replace(/\D/g, '');
    return a;
  }

  function fill(node, text) {
    let done = 0;
    text.replace(LINK, (found, at) => {
      const a = link(found, text.slice(0, at), text.slice(at + found.length));
      if (!a) return;
      node.append(text.slice(done, at), a);
      done = at + a.textContent.length;
    });
    node.append(text.slice(done));
  }

  function addOptions(node, buttons) {
    const group = clone('t-options');
    buttons.forEach((option) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = option.title || option.payload;
      button.addEventListener('click', () => {
        button.classList.add('chosen');
        say(option.payload || option.title, button.textContent).focus({ preventScroll: true });
      });
      group.append(button);
    });
    node.append(group);
  }

  // Files that come inside an answer are saved, never opened: a page must not run what it was sent.
  const FILE = /^data:[\w.+-]+\/[\w.+-]+;base64,[A-Za-z0-9+\/=]*$/;

  function addFile(node, template, url, name) {
    const isInside = typeof url === 'string' && FILE.test(url);
    const href = isInside ? url : typeof url === 'string' ? safeUrl(url) : '';
    if (!href) return;
    const part = clone(template);
    const a = part.firstElementChild;
    a.href = href;
    if (isInside) a.download = name || 'documento';
    if (name) a.textContent = name;
    node.append(part);
  }

  function mapOf(place) {
    const where = [place.latitude, place.longitude].map(Number);
    if (!where.every(Number.isFinite)) return '';
    const [lat, lon] = where;
    return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=17/${lat}/${lon}`;
  }

  function addAnswer(answer) {
    const node = clone('t-answer');
    const file = answer.attachment;
    if (answer.text) fill(node.querySelector('.text'), String(answer.text));
    else node.querySelector('.text').remove();
    addFile(node, 't-image', answer.image);
    const inside = file && file.payload;
    addFile(node, 't-attachment', inside ? inside.src : file, inside ? inside.name : '');
    const place = answer.custom && answer.custom.location;
    if (place) addFile(node, 't-map', mapOf(place), place.name);
    if (answer.buttons && answer.buttons.length) addOptions(node, answer.buttons);
    if (node.childElementCount > 1) log.append(node);
  }

  function retireOptions() {
    log.querySelectorAll('.options button').forEach((b) => { b.disabled = true; });
  }

  // A long answer is read from its beginning: what was asked stays at the top of the screen.
  function scrollTo(node) {
    const end = scroll.scrollHeight - scroll.clientHeight;
    scroll.scrollTop = node ? Math.min(end, node.offsetTop - 8) : end;
  }

  // The keyboard opens, the text box grows: what was read last stays in sight.
  function keepEnd() {
    scroll.scrollTop += room - scroll.clientHeight;
    room = scroll.clientHeight;
  }

  function showTyping(on) {
    clearTimeout(typingTimer);
    if (!on) { typing.textContent = ''; return; }
    typingTimer = setTimeout(() => {
      typing.append(document.importNode(byId('t-typing').content, true));
      scrollTo(null);
    }, TYPING_AFTER_MS);
  }

  /* ---- sending ---- */

  function post(item) {
    const stop = window.AbortController ? new AbortController() : null;
    // The id stays the same when a message is sent again, so that the server handles it once.
    const body = JSON.stringify({ sender: sender, message: item.message, message_id: item.id });
    const headers = { 'Content-Type': 'application/json' };
    const options = { method: 'POST', headers: headers, body: body, credentials: 'same-origin', cache: 'no-store' };
    if (stop) options.signal = stop.signal;
    let timer;
    const late = new Promise((_, fail) => {
      timer = setTimeout(() => { fail(new Error('timeout')); if (stop) stop.abort(); }, TIMEOUT_MS);
    });
    const answered = fetch(ENDPOINT, options).then((response) => {
      if (response.status !== 200) throw Object.assign(new Error('status'), { status: response.status });
      return response.json();
    }).then((answers) => {
      if (!Array.isArray(answers)) throw new Error('format');
      return answers;
    });
    const end = (result) => { clearTimeout(timer); return result; };
    return Promise.race([answered, late]).then(end, (error) => { end(); throw error; });
  }

  function pump() {
    if (busy || !queue.length) return;
    const mine = round;
    busy = true;
    showTyping(true);
    const current = (then) => (value) => {
      if (mine !== round) return;
      busy = false;
      showTyping(false);
      then(value);
      pump();
    };
    post(queue[0]).then(current(answered), current(failed));
  }

  function answered(answers) {
    const item = queue.shift();
    unsent.filter((other) => other.message === GREETING && other.node).forEach(forget);
    const before = log.childElementCount;
    retireOptions();
    answers.filter(Boolean).forEach(addAnswer);
    if (!answers.length && item.node) item.node.append(clone('t-received'));
    scrollTo(item.node || (before ? log.children[before] : scroll.firstElementChild));
  }

  // Without a connection the messages behind would fail too, or arrive before this one.
  function failed(error) {
    const refused = error.status >= 400 && error.status < 500;
    queue.splice(0, refused ? 1 : queue.length).forEach((item) => {
      if (!item.node) log.append(item.node = clone('t-closed'));
      const state = clone('t-unsent');
      state.querySelector('button').addEventListener('click', () => retry(item));
      item.node.append(state);
      unsent.push(item);
    });
    scrollTo(null);
  }

  function forget(item) {
    unsent.splice(unsent.indexOf(item), 1);
    item.node.remove();
  }

  function retry(item) {
    unsent.splice(unsent.indexOf(item)).forEach((again) => {
      again.node.querySelector('.unsent').remove();
      if (again.message === GREETING) { again.node.remove(); again.node = null; }
      else log.append(again.node);
      queue.push(again);
    });
    (item.node || scroll).focus({ preventScroll: true });
    scrollTo(null);
    pump();
  }

  function say(message, shown) {
    const node = clone('t-own');
    node.querySelector('.text').textContent = shown;
    retireOptions();
    log.append(node);
    scrollTo(null);
    queue.push({ message: message, id: randomId(), node: node });
    pump();
    return node;
  }

  /* ---- writing ---- */

  function grow() {
    input.style.height = 'auto';
    input.style.height = input.scrollHeight + 2 + 'px';
    const over = input.value.trim().length - limit;
    long.textContent = '';
    if (over > 0) {
      long.append(document.importNode(byId('t-long').content, true));
      long.querySelector('b').textContent = over;
    }
    keepEnd();
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    input.focus();
    if (!text || text.length > limit) return;
    input.value = '';
    grow();
    say(text, text);
  }

  function onKey(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    submit(event);
  }

  /* ---- beginning and leaving ---- */

  function clear() {
    round += 1;
    busy = false;
    queue = [];
    unsent = [];
    showTyping(false);
    log.textContent = '';
    input.value = '';
    grow();
  }

  function begin() {
    clear();
    queue.push({ message: GREETING, id: randomId(), node: null });
    pump();
  }

  function exit() {
    clear();
    stored((s) => s.clear());
    document.title = '';
    document.body.textContent = '';
    location.replace(exitTo);
  }

  function onEscape(event) {
    if (event.key !== 'Escape' || event.repeat) return;
    if (event.timeStamp - lastEscape < ESCAPE_TWICE_MS) exit();
    lastEscape = event.timeStamp;
  }

  function configure(config) {
    byId('demo').hidden = !config.demo;
    const privacy = config.privacy_url ? safeUrl(config.privacy_url) : '';
    byId('privacy').hidden = !privacy;
    if (privacy) byId('privacy').firstElementChild.href = privacy;
    keepEnd();
  }

  const exitTo = byId('exit').dataset.to;
  byId('exit').addEventListener('click', exit);
  byId('restart').addEventListener('click', () => { newSender(); begin(); });
  byId('form').addEventListener('submit', submit);
  byId('form').addEventListener('mousedown', (e) => { if (e.target !== input) e.preventDefault(); });
  input.addEventListener('keydown', onKey);
  input.addEventListener('input', grow);
  document.addEventListener('keydown', onEscape);
  window.addEventListener('resize', keepEnd);
  // "Back" must not bring the conversation to the screen again.
  window.addEventListener('pagehide', clear);
  window.addEventListener('pageshow', (e) => { if (e.persisted) begin(); });

  byId('slow').remove();
  byId('chat').hidden = byId('exit').disabled = byId('restart').disabled = false;
  sender = stored((s) => s.getItem('sender'));
  if (!sender) newSender();
  fetch('/config.json').then((r) => (r.ok ? r.json() : {})).then(configure).catch(() => {});
  // Where there is no on-screen keyboard to cover half of the page
  if (window.matchMedia('(hover: hover) and (pointer: fine)').matches) input.focus();
  begin();
}());
