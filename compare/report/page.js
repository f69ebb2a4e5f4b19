// Lights up what belongs together: a line, its step, the calls it made, and their lines on the other side. Without this script the
// page says the same; links lead from each to the other.
"use strict";
(() => {
	const all = (selector, root = document) => [...root.querySelectorAll(selector)];
	const byId = (id) => document.getElementById(id);
	const linked = (a) => decodeURIComponent(a.hash.slice(1));
	const inCalls = "section.calls .process li";
	const words = (text) => (text ? text.split(" ") : []);

	// callKey is the id of a call, "pipe3/P.1/2"; a row of a time line has it without its case.
	const isCall = (el) => el.matches(inCalls) || el.dataset.p !== undefined;
	const callKey = (el) => (el.dataset.p ? el.closest(".case").id + "/" + el.dataset.p : el.id);

	// index knows which calls belong to which line, and where each call stands.
	let known = null;
	function index() {
		if (known) return known;
		const x = (known = { lines: new Map(), calls: new Map(), places: new Map() });
		const put = (map, key, value) => (map.has(key) ? map.get(key).push(value) : map.set(key, [value]));
		for (const el of all("[data-p]")) put(x.places, callKey(el), el);
		for (const el of all(inCalls)) {
			put(x.places, el.id, el);
			const own = all(":scope > a", el).map(linked).concat(words(el.dataset.x));
			x.calls.set(el.id, own);
			for (const line of own) put(x.lines, line, el.id);
		}
		return x;
	}

	const isLine = (el) => el.parentElement && el.parentElement.classList.contains("src");
	const target = (node) => (node.closest ? node.closest(".src > li, [data-p], .made > li, .band > h4, " + inCalls) : null);
	const tallied = (made) => [made.dataset.c, made.dataset.g].filter(Boolean);

	// twins are the elements that are to be lit with one: those that belong to it, and those that are near it.
	function twins(el) {
		const lit = new Set([el]), near = new Set();
		const x = index();
		const of = (line) => x.lines.get(line) || [];
		let calls = [];
		if (isLine(el)) {
			calls = of(el.id);
			if (!calls.length) for (const part of all(".part", el.closest(".two"))) near.add(part);
		} else if (isCall(el)) {
			calls = [callKey(el)];
		} else if (el.matches("h4")) {
			for (const line of all(".src > li", el.parentElement)) {
				lit.add(line);
				calls.push(...of(line.id));
			}
		} else {
			for (const line of tallied(el)) lit.add(byId(line));
			const [first, second] = tallied(el).map(of);
			calls = second ? first.filter((k) => second.includes(k)) : first || [];
		}
		for (const key of new Set(calls)) {
			for (const place of x.places.get(key) || []) lit.add(place);
			for (const line of x.calls.get(key) || []) lit.add(byId(line));
		}
		// The summaries below the sources that stand for any of the lines.
		for (const made of calls.length ? all(".made > li") : []) {
			if (tallied(made).every((line) => lit.has(byId(line)))) lit.add(made);
		}
		lit.delete(null);
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
	// reveal shows an element that is folded, or that the filter hides.
	function reveal(el) {
		if (el.closest("[hidden]")) filter("", "");
		for (let d = el.closest("details"); d; d = d.parentElement && d.parentElement.closest("details")) d.open = true;
	}

	function fromAddress() {
		const id = decodeURIComponent(location.hash.slice(1));
		let el = id && byId(id);
		for (const more of id && !el ? all(".more") : []) {
			while (!el && more.isConnected && id.startsWith(more.parentElement.id + "/")) {
				fill(more);
				el = byId(id);
			}
		}
		if (!el) return;
		reveal(el);
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
	let data = null;
	const dataOf = (more) => (data ||= JSON.parse(byId("page:data").textContent)).more[more.dataset.n];
	function fill(more) {
		const list = more.previousElementSibling, own = dataOf(more);
		const text = (n) => data.text[n];
		for (const [glyph, ops, manual, inner, cSite, cTo, goSite, goTo, rules] of own.calls.splice(0, piece)) {
			const li = make("li", "g" + glyph), p = make("p");
			li.id = more.parentElement.id + "/" + ++own.before;
			li.tabIndex = 0;
			if (text(inner)) li.dataset.x = text(inner);
			ops.forEach((n, i) => {
				if (i) p.append(make("br"));
				if (ops.length > 1) p.append(make("b", "lb", own.labels[i]), " ");
				p.append(make("code", "", text(n)));
			});
			if (text(manual)) p.append(" ", make("small", "", text(manual)));
			if (text(rules)) p.append(" ", make("span", "rule", text(rules)));
			li.append(make("b", "", glyph), p);
			for (const [site, to] of [[cSite, cTo], [goSite, goTo]]) {
				const el = make(text(to) ? "a" : "span", "", text(site));
				if (text(to)) el.href = "#" + text(to);
				li.append(el);
			}
			list.append(li);
		}
		known = null;
		if (own.calls.length) label(more);
		else more.remove();
	}
	function label(more) {
		more.button ||= more.appendChild(make("button"));
		const n = more.button.textContent ? dataOf(more).calls.length : +more.dataset.count;
		more.button.textContent = `show ${Math.min(n, piece)} more of ${n}`;
		more.button.onclick = () => fill(more);
	}
	all(".more").forEach(label);
	// Who opens a list that has nothing yet wants to see something.
	const fillEmpty = (root) => {
		for (const more of all(".more", root)) if (!more.previousElementSibling.children.length && more.checkVisibility()) fill(more);
	};
	fillEmpty(document);
	document.addEventListener("toggle", (e) => { if (e.target.open) fillEmpty(e.target); }, true);

	// The filter: the cases whose names have a text and whose verdict is the wanted one, and what belongs to them.
	const filters = byId("page:filter"), [search, select, found] = filters ? filters.querySelectorAll("input, select, output") : [];
	function filter(name, verdict) {
		if (!filters) return;
		search.value = name;
		select.value = verdict;
		const shown = new Set(), sources = new Set(), cases = all("nav .links > li");
		for (const li of cases) {
			const a = li.querySelector("a"), id = linked(a), root = byId(id);
			li.hidden = !a.textContent.toLowerCase().includes(name.trim().toLowerCase()) || (verdict !== "" && li.querySelector(".v").textContent !== verdict);
			root.hidden = li.hidden;
			if (byId(id + ":differs")) byId(id + ":differs").hidden = li.hidden;
			if (li.hidden) continue;
			shown.add(id);
			for (const a of all(".files a", root)) sources.add(linked(a));
		}
		for (const source of all(".code")) source.hidden = !sources.has(source.id);
		for (const a of all(".made .by a")) a.closest("li").hidden = !shown.has(linked(a).split("/")[0]);
		for (const list of all(".made ul")) list.closest(".made > li").hidden = [...list.children].every((li) => li.hidden);
		found.textContent = `${shown.size} of ${cases.length} cases`;
	}
	if (filters) {
		filters.hidden = false;
		filters.oninput = () => filter(search.value, select.value);
	}

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
	const side = (line) => [...line.closest(".two").children].indexOf(line.closest(".part"));
	function alike() {
		if (pinned && pinned.matches(".band > h4")) return all(".band > h4").filter(shown);
		if (pinned && isCall(pinned)) return all("[data-p], " + inCalls, pinned.closest("section")).filter(shown);
		const own = pinned && isLine(pinned) ? side(pinned) : 0;
		const lines = all(".code:not([hidden]) .src > .k").filter((el) => side(el) === own), open = lines.filter(shown);
		return open.length ? open : lines;
	}
	function differences() {
		const list = all(".differs:not([hidden]) .diffs > li");
		return list.length ? list : all(".case:not([hidden])");
	}
	function twin() {
		if (!pinned || !isLine(pinned)) return;
		const line = [...twins(pinned).lit].find((el) => isLine(el) && side(el) !== side(pinned));
		if (line) pin(line, true);
	}
	const dialog = byId("page:keys");
	const help = () => (dialog.open ? dialog.close() : dialog.showModal());
	const keys = {
		j: () => step(alike(), 1), k: () => step(alike(), -1), n: () => step(differences(), 1), p: () => step(differences(), -1),
		t: twin, "?": help, "/": () => filters && search.focus(), Escape: () => pin(null),
		Enter: () => { const el = document.activeElement; if (target(el) === el) pin(el); },
	};
	document.addEventListener("keydown", (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey || (dialog.open && e.key !== "?")) return;
		if (filters && filters.contains(e.target)) {
			if (e.key === "Escape") filter("", "");
			return;
		}
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
	window.addEventListener("beforeprint", () => { folded = all("details:not([open])"); for (const d of folded) d.open = true; fillEmpty(document); });
	window.addEventListener("afterprint", () => { for (const d of folded) d.open = false; });
	const button = byId("page:help");
	button.hidden = false;
	button.onclick = help;
	fromAddress();
})();
