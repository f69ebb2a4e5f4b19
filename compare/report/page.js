// Lights up what belongs together: a line, its step, the calls it made, and their lines on the other side. Without this script the
// page says the same; links lead from each to the other.
"use strict";
(() => {
	const all = (selector, root = document) => [...root.querySelectorAll(selector)];
	const caseOf = (el) => el.closest(".case");
	const inCalls = "section.calls li";
	const words = (text) => (text ? text.split(" ") : []);

	// callKey names a call within its case: "P.1-2" is the second one of process P.1.
	const isCall = (el) => el.matches(inCalls) || el.dataset.p !== undefined;
	const callKey = (el) => el.dataset.p || el.id.slice((caseOf(el).id + "-call-").length);

	// index knows of one case which calls belong to which line, and where each call stands.
	const indexes = new WeakMap();
	function index(root) {
		let x = indexes.get(root);
		if (x) return x;
		x = { lines: new Map(), calls: new Map(), places: new Map() };
		const put = (map, key, value) => (map.has(key) ? map.get(key).push(value) : map.set(key, [value]));
		for (const el of all("[data-p]", root)) put(x.places, callKey(el), el);
		for (const el of all(inCalls, root)) {
			const key = callKey(el);
			put(x.places, key, el);
			const own = all(":scope > a", el).map((a) => a.hash.slice(root.id.length + 2)).concat(words(el.dataset.x));
			x.calls.set(key, own);
			for (const line of own) put(x.lines, line, key);
		}
		indexes.set(root, x);
		return x;
	}

	const isLine = (el) => el.parentElement && el.parentElement.classList.contains("src");
	const lineKey = (el) => el.id.slice(caseOf(el).id.length + 1);
	const target = (node) => (node.closest ? node.closest(".src > li, [data-p], .made > li, .band > h4, " + inCalls) : null);

	// twins are the elements that are to be lit with one: those that belong to it, and those that are near it.
	function twins(el) {
		const root = caseOf(el);
		const lit = new Set([el]), near = new Set();
		if (!root) return { lit, near };
		const x = index(root);
		let calls = [];
		const ofLine = (line) => x.lines.get(lineKey(line)) || [];
		if (isLine(el)) {
			calls = ofLine(el);
			if (!calls.length) for (const part of all(".part", el.closest(".two"))) near.add(part);
		} else if (isCall(el)) {
			calls = [callKey(el)];
		} else if (el.matches("h4")) {
			for (const line of all(".src > li", el.parentElement)) {
				lit.add(line);
				calls.push(...ofLine(line));
			}
		} else {
			const [c, g] = [el.dataset.c ? x.lines.get("c-" + el.dataset.c) || [] : null, el.dataset.g ? x.lines.get("go-" + el.dataset.g) || [] : null];
			calls = c && g ? c.filter((k) => g.includes(k)) : c || g || [];
		}
		for (const key of new Set(calls)) {
			for (const place of x.places.get(key) || []) lit.add(place);
			for (const line of x.calls.get(key) || []) {
				const found = document.getElementById(root.id + "-" + line);
				if (found) lit.add(found);
			}
		}
		// The summaries below the sources that stand for any of the lines.
		for (const made of all(".made > li", root)) {
			const own = [made.dataset.c && "c-" + made.dataset.c, made.dataset.g && "go-" + made.dataset.g].filter(Boolean);
			if (calls.length && own.every((line) => lit.has(document.getElementById(root.id + "-" + line)))) lit.add(made);
		}
		return { lit, near };
	}

	let pinned = null;
	function light(el) {
		for (const old of all(".lit, .near, .pin")) old.classList.remove("lit", "near", "pin");
		if (!el) return;
		const { lit, near } = twins(el);
		for (const e of lit) e.classList.add("lit");
		for (const e of near) e.classList.add("near");
		el.classList.add("pin");
	}
	function pin(el, move) {
		pinned = el;
		light(el);
		if (!el) return;
		reveal(el);
		const id = el.id || (el.matches("h4") && el.parentElement.id);
		if (id && location.hash !== "#" + id) history.replaceState(null, "", "#" + id);
		if (move) {
			el.scrollIntoView({ block: "center" });
			el.focus({ preventScroll: true });
		}
	}
	function reveal(el) {
		for (let d = el.closest("details"); d; d = d.parentElement && d.parentElement.closest("details")) d.open = true;
	}

	function fromAddress() {
		const id = decodeURIComponent(location.hash.slice(1));
		let el = id && document.getElementById(id);
		for (const more of id && !el ? all(".more") : []) {
			while (!el && more.isConnected && id.startsWith(more.dataset.case + "-call-")) {
				fill(more);
				el = document.getElementById(id);
			}
		}
		if (!el) return;
		reveal(el);
		if (el.matches("details")) el.open = true;
		const first = el.matches(".band") ? el.querySelector("h4") : el;
		if (first && (target(first) === first || first.matches(".diffs > li"))) pin(first, true);
		else el.scrollIntoView();
	}

	// A piece of the calls that are in the page as data only.
	const piece = 500;
	const make = (name, cls, text) => {
		const el = document.createElement(name);
		if (cls) el.className = cls;
		if (text !== undefined) el.textContent = text;
		return el;
	};
	function fill(more) {
		const list = more.previousElementSibling;
		const data = (more.data ||= JSON.parse(more.querySelector("script").textContent));
		const text = (n) => data.text[n];
		for (const [glyph, ops, inner, cSite, cTo, goSite, goTo, rules] of data.calls.splice(0, piece)) {
			const li = make("li", "g" + glyph), p = make("p");
			const key = data.process + "-" + ++data.before;
			li.id = more.dataset.case + "-call-" + key;
			li.tabIndex = 0;
			if (text(inner)) li.dataset.x = text(inner);
			ops.forEach((n, i) => {
				if (i) p.append(make("br"));
				if (ops.length > 1) p.append(make("b", "lb", data.labels[i]), " ");
				p.append(make("code", "", text(n)));
			});
			if (text(rules)) p.append(" ", make("span", "rule", text(rules)));
			li.append(make("b", "", glyph), p);
			for (const [site, to] of [[cSite, cTo], [goSite, goTo]]) {
				const el = make(text(to) ? "a" : "span", "", text(site));
				if (text(to)) el.href = "#" + text(to);
				li.append(el);
			}
			list.append(li);
		}
		indexes.delete(caseOf(more));
		if (data.calls.length) label(more);
		else more.remove();
	}
	function label(more) {
		more.button ||= more.appendChild(make("button"));
		const n = more.data ? more.data.calls.length : +more.dataset.count;
		more.button.textContent = `show ${Math.min(n, piece)} more of ${n}`;
		more.button.onclick = () => fill(more);
	}
	all(".more").forEach(label);

	// What can be lit can be reached with the tab key as well.
	for (const el of all(".src > .k, .band > h4, " + inCalls)) el.tabIndex = 0;

	// Keys.
	function step(list, by) {
		if (!list.length) return;
		let at = list.indexOf(pinned);
		if (at < 0 && pinned) {
			// From wherever one is, in the order of the page.
			const after = list.findIndex((el) => pinned.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING);
			at = after < 0 ? list.length - 1 : by > 0 ? after - 1 : after;
		}
		const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
		const el = list[next];
		if (el.matches(".case")) {
			el.open = true;
			pinned = el;
			light(null);
			history.replaceState(null, "", "#" + el.id);
			el.scrollIntoView();
			el.querySelector("summary").focus({ preventScroll: true });
		} else pin(el, true);
	}
	const shown = (el) => el.checkVisibility();
	function alike() {
		if (pinned && pinned.matches(".band > h4")) return all(".band > h4").filter(shown);
		if (pinned && isCall(pinned)) return all("[data-p], " + inCalls, pinned.closest("section")).filter(shown);
		const side = pinned && isLine(pinned) && lineKey(pinned).startsWith("go-") ? "go" : "c";
		return all(".src > .k").filter((el) => lineKey(el).startsWith(side + "-") && shown(el));
	}
	function differences() {
		const list = all(".diffs > li");
		return list.length ? list : all(".case");
	}
	function twin() {
		if (!pinned || !isLine(pinned)) return;
		const other = lineKey(pinned).startsWith("c-") ? "go-" : "c-";
		const line = [...twins(pinned).lit].find((el) => isLine(el) && lineKey(el).startsWith(other));
		if (line) pin(line, true);
	}
	const dialog = document.getElementById("keys");
	const help = () => (dialog.open ? dialog.close() : dialog.showModal());
	const keys = {
		j: () => step(alike(), 1), k: () => step(alike(), -1), n: () => step(differences(), 1), p: () => step(differences(), -1),
		t: twin, "?": help, Escape: () => pin(null),
		Enter: () => { const el = document.activeElement; if (target(el) === el) pin(el); },
	};
	document.addEventListener("keydown", (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey || (dialog.open && e.key !== "?")) return;
		if (keys[e.key] && !(e.key === "Enter" && target(document.activeElement) !== document.activeElement)) {
			e.preventDefault();
			keys[e.key]();
		}
	});

	document.addEventListener("mouseover", (e) => { const el = target(e.target); if (el) light(el); });
	document.addEventListener("mouseout", (e) => { if (target(e.target) && !(e.relatedTarget && target(e.relatedTarget))) light(pinned); });
	document.addEventListener("focusin", (e) => { if (target(e.target) === e.target && e.target !== pinned) light(e.target); });
	document.addEventListener("click", (e) => {
		if (e.target.closest("a, button, summary")) return;
		const el = target(e.target);
		if (el && !String(getSelection())) pin(el);
	});
	window.addEventListener("hashchange", fromAddress);
	let folded = [];
	window.addEventListener("beforeprint", () => { folded = all("details:not([open])"); for (const d of folded) d.open = true; });
	window.addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
	const button = document.getElementById("help");
	button.hidden = false;
	button.onclick = help;
	fromAddress();
})();
