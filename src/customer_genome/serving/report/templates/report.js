(() => {
  const tip = document.querySelector(".cg-tip");
  for (const title of document.querySelectorAll("svg title")) {
    const owner = title.parentNode;
    owner.dataset.tip = title.textContent;
    owner.setAttribute("aria-label", title.textContent);
    if (owner.tagName === "g") owner.setAttribute("role", "img");
    title.remove();
  }
  const show = (mark) => {
    const box = mark.getBoundingClientRect();
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    const left = Math.min(Math.max(8, box.left + box.width / 2 - tip.offsetWidth / 2), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : box.bottom + 8}px`;
  };
  const hide = () => {
    tip.hidden = true;
    for (const mark of document.querySelectorAll(".is-on")) mark.classList.remove("is-on");
  };
  document.addEventListener("pointerover", (event) => {
    const mark = event.target.closest?.("g[data-tip]");
    hide();
    if (mark) show(mark);
  });
  for (const picture of document.querySelectorAll("svg[tabindex]")) {
    const marks = [...picture.querySelectorAll("g[data-tip]")];
    let at = -1;
    const step = (to) => {
      hide();
      at = Math.min(Math.max(to, 0), marks.length - 1);
      marks[at].classList.add("is-on");
      show(marks[at]);
    };
    picture.addEventListener("keydown", (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!move || !marks.length) return;
      event.preventDefault();
      step(at + move);
    });
    picture.addEventListener("blur", () => { at = -1; hide(); });
  }
  addEventListener("scroll", hide, { passive: true });
})();
