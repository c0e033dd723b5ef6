"""English: titles begin with an imperative."""

from __future__ import annotations

from studyteddy.features.ai.splitting.languages.wording import Wording

_ESSAY = """
Research the topic and plan the argument
    Research the topic
        15 Read the assignment and mark what it asks for
        Study the sources
            40 Find reliable sources
            60 Read the sources and take notes
    Plan the argument
        20 State your main claim in one sentence
        30 Outline the essay paragraph by paragraph
Write the first draft
    Write the introduction and the main part
        25 Write the introduction
        Write the main part
            45 Write the first half of the main part
            45 Write the second half of the main part
    25 Write the conclusion
Revise and finish the essay
    Revise the draft
        30 Check the argument and the structure
        20 Add and check the references
    Finish the text
        20 Proofread spelling and grammar
        10 Format the text and hand it in
"""
_PROBLEM_SET = """
Review the material
    Read the problems and find out what they need
        10 Read all the problems once
        10 List the topics that they need
    Review the topics
        30 Review your notes on these topics
        25 Study a worked example for each topic
Solve the problems
    Solve the easier problems
        25 Solve the problems that you can do at once
        30 Solve the problems that need one new idea
    Solve the harder problems
        40 Work on the hardest problems
        30 Return to the problems that you skipped
Check and finish the solutions
    Check the solutions
        20 Check every result
        20 Justify each step of your solutions
    Finish the solutions
        25 Write clean solutions
        5 Compare them with the sheet and hand them in
"""
_LAB_REPORT = """
Prepare the theory and the data
    Prepare the theory
        15 Read the instructions for the report
        30 Summarize the theory of the experiment
    Evaluate the measurements
        25 Organize the raw data
        35 Calculate the results and their uncertainties
Write the report
    Write about the method and the results
        25 Describe the method
        Present the results
            25 Draw the graphs and tables
            25 Describe the results in words
    Write the discussion and the frame
        40 Discuss the results and the sources of error
        25 Write the introduction and the conclusion
Revise and finish the report
    Revise the report
        15 Check units, labels, and numbers
        15 Check the references
    Finish the report
        15 Proofread the report
        10 Format the report and hand it in
"""
_READING = """
Prepare for the reading
    Get an overview of the text
        5 Read the assignment and note what to look for
        10 Skim the headings and the summary
    10 Write down questions for the text
Read the text and take notes
    Read the first half and take notes
        30 Read the first quarter and take notes
        30 Read the second quarter and take notes
    Read the second half and take notes
        30 Read the third quarter and take notes
        30 Read the last quarter and take notes
Review what you read
    Summarize what you read
        15 Look up unfamiliar words and ideas
        20 Summarize the text in your own words
    Test your understanding
        15 Answer your questions from memory
        10 Note what is still unclear
"""
_EXAM_PREPARATION = """
Collect the topics and plan the review
    Collect the topics
        15 List the topics of the exam
        20 Collect notes, slides, and exercises
    Plan the review
        10 Rate how well you know each topic
        10 Choose a day for each topic
Review the topics
    Review the topics that you know least
        45 Review the hardest topics
        45 Practice exercises on the hardest topics
    Review the other topics
        40 Go through the remaining topics
        35 Practice exercises on the remaining topics
Test yourself and close the gaps
    Practice under exam conditions
        60 Solve a sample exam against the clock
        25 Correct the sample exam and note your mistakes
    Close the gaps
        30 Study what went wrong
        20 Recall the key ideas without your notes
"""
_PROJECT = """
Plan the project
    Clarify the goal
        15 Read the assignment and list the requirements
        20 Decide on the topic and the goal
    Plan the work
        20 Divide the work into parts
        40 Collect the material that you need
Carry out the project
    Create a first version
        50 Create the core of the project
        50 Add the remaining parts
    Improve the first version
        30 Test the result against the requirements
        30 Improve the weakest part
Finish and present the project
    Document the work
        30 Describe the project and how it was made
        20 Check every requirement once more
    Prepare the hand-in
        20 Prepare the presentation
        10 Gather everything and hand it in
"""
_BREAKDOWN = """
Prepare the work
    10 Decide what the result looks like
    10 Collect what you need
Do the work
    Do the first half
        25 Start with the easiest part
        25 Continue with the next part
    Do the second half
        25 Work on the hardest part
        25 Complete what is missing
Check the work
    10 Check the result
    10 Correct what you found
"""
_VERBS = """
    acquire act adapt add address adjust agree aim allocate analyse analyze annotate answer apply argue arrange
    articulate ask assemble assess assign attend avoid balance begin bind bookmark brainstorm break bring build
    calculate calibrate call capture carry categorise categorize challenge change chart check choose cite clarify
    classify clean close code collaborate collect combine come comment compare compile complete compose compute
    conclude conduct confirm connect consider construct consult contact continue contrast convert copy correct count
    cover create critique cut debate debug decide decode defend define demonstrate deploy derive describe design
    detail determine develop devise diagram differentiate discuss distinguish divide do document download draft draw
    edit elaborate eliminate email emphasise emphasize encode end ensure enter establish estimate evaluate examine
    execute exercise expand experiment explain explore export express extend extract factor familiarise familiarize
    fetch fill film finalise finalize find finish fix flag focus fold follow form format formulate frame gain gather
    gauge generalize generate get give go grade graph group guess hand hear highlight hold hypothesise hypothesize
    identify illustrate imagine implement import improve include incorporate infer insert inspect install integrate
    interpret interview introduce invent invert investigate invite isolate iterate join jot judge justify keep label
    lay lead learn link list listen load locate log look make manage map mark master match measure meet memorise
    memorize mention merge mind mix model modify name narrate narrow note number observe obtain offer open optimise
    optimize order organise organize outline paint pair paraphrase participate pause perform photograph pick
    pinpoint plan play plot polish pose post practice practise predict prepare present print prioritise prioritize
    probe produce program prompt proofread propose prove provide publish put quantify question quiz quote raise rank
    rate re-read reach read recall recap recite record recreate redo reduce refactor refer refine reflect refresh
    register rehearse relate remember remove render repeat rephrase replace reply report request reread research
    reserve resolve respond restate retry return reuse review revise revisit reword rewrite round rule run sample
    save scale scan schedule search see seek select send separate set shade share sharpen shorten show sign simplify
    simulate sing sketch skim skip solicit solve sort source speak specify spell split sswap start state stick store
    structure study submit subtract suggest sum summarise summarize support suppose survey switch synthesise
    synthesize tabulate tackle tag take talk tally teach tell test think tidy time trace track train transcribe
    transform translate trim trust try turn type underline understand unify unpack update upgrade upload use
    validate vary verify view visit visualise visualize walk warm watch weigh work wrap write"""
_WORK = r"(?:essay|term paper|paper|assignment|homework|thesis|report|coursework|answers?|solutions?|work|project)"
_MACHINE = r"(?:chat ?gpt|gpt|gemini|copilot|claude|an? ai|the ai|ai|an? chatbot|the chatbot|an? language model)"
_OTHERS = (
    r"(?:some(?:one|body)(?: else)?|another (?:student|person)|other (?:students|people)"
    r"|(?:an?|the|your) (?:friend|classmate|sibling|parent|tutor|ghostwriter|freelancer|fellow student))"
)
_MAKE = r"(?:write|do|solve|complete|finish|answer|draft)"
_THE = r"(?:an? |the |your |this |all )?(?:\w+ )?"
_TEXT = r"(?:essays?|term papers?|homework|assignments?|theses|thesis|dissertations?|coursework|lab reports?)"
_READY = r"(?:finished|ready made|readymade|ready written|pre ?written|pre made|completed|downloaded)"
_REWORK = r"(?:paraphrase|rewrite|reword|rephrase|adapt|alter|tweak|spin|reuse|recycle|copy|take|disguise)"

WORDING = Wording(
    outlines={
        "essay": _ESSAY,
        "problem_set": _PROBLEM_SET,
        "lab_report": _LAB_REPORT,
        "reading": _READING,
        "exam_preparation": _EXAM_PREPARATION,
        "project": _PROJECT,
    },
    breakdown=_BREAKDOWN,
    read="Read {item}",
    work_on={
        "essay": "Work on {item}",
        "problem_set": "Solve {item}",
        "lab_report": "Work on {item}",
        "reading": "Work on {item}",
        "exam_preparation": "Review {item}",
        "project": "Work on {item}",
    },
    and_more="{title} and {count} more",
    unnamed_item="item {number} of the list",
    quoted="“{text}”",
    piece="{title} (part {number} of {count})",
    notes={
        "empty": "The assignment has no text, so the steps are general.",
        "overdue": "The due date has passed, so the steps have no dates.",
        "short": "There is little time for so many steps: some take less than five minutes.",
        "long": "Some steps take more than eight hours. Choose more steps.",
        "partial": "The list in the assignment is very long; the steps cover its first {count} items.",
        "fewer": "There is little time, so there are fewer steps than you asked for.",
        "more": "There are more steps than you asked for, so that none takes more than eight hours.",
        "crowded": "The time until the due date is hardly enough: this takes about {hours} hours a day.",
        "ratio": "The minutes are {percent}% of the usual estimates, as your completed tasks took that much of theirs.",
        "cut": "The assignment is very long. Only its first {count} characters were read.",
        "used_up": "Today’s AI tokens don’t suffice for this, so the steps are from a template.",
        "failed": "AI gave no usable answer, so the steps are from a template.",
        "unserved": "No step serves this request of the assignment: {text}",
    },
    title_verbs=_VERBS,
    other_verbs="",
    final_verbs="",
    labels="exercise question test quiz experiment report draft sample graph diagram work study survey film plan list",
    dishonest=(
        rf"(?:buy|purchase|pay for|order an?) {_THE}{_WORK}(?! (?:collection|book|paper))",
        rf"(?:hire|pay) (?:{_OTHERS}|an? (?:\w+ )?writer)\b",
        rf"(?:have|let|get|ask|make|tell|use) {_MACHINE} (?:to )?{_MAKE}\b",
        rf"(?:have|let|get|ask|make|tell|use) {_OTHERS} (?:to )?{_MAKE} {_THE}(?:{_WORK}|it)\b",
        rf"(?:{_MAKE}|generate|create|produce) {_THE}{_WORK} (?:\w+ ){{0,3}}(?:using|by|with(?: the help of)?)"
        rf" {_MACHINE}\b",
        r"copy (?:\w+ ){0,6}(?:from|off|out of) (?:the |an? |your )?(?:\w+ )?"
        r"(?:internet|web|website|wikipedia|online|friend|classmate|student|solution manual|answer key)",
        r"copy (?:and paste )?(?:the |an? |all |someone else s )?(?:answers?|solutions?|essay|homework)\b",
        rf"(?:submit|hand in|turn in|present|use|upload) (?:\w+ ){{0,4}}{_OTHERS} (?:s )?(?:\w+ )?{_WORK}\b",
        rf"(?:submit|hand in|turn in|upload) {_THE}{_WORK} (?:written by|by|of|from) {_OTHERS}\b",
        r"(?:as if it were|pass (?:\w+ ){0,5}off as|claim (?:\w+ ){0,5}as|submit (?:\w+ ){0,6}as|hand (?:\w+ ){0,6}as)"
        r" your own",
        r"(?:bypass|evade|fool|trick|beat|get past|circumvent|avoid) (?:\w+ ){0,4}"
        r"(?:detection|detectors?|turnitin|checker)",
        r"(?:fabricate|fake|make up|invent) (?:\w+ ){0,3}(?:data|results?|sources?|references?|quotes?|measurements?)",
        r"(?:leaked|stolen) (?:exam|test|questions|answers)",
        r"^cheat (?:on|in|during)\b",
        r"(?:use|hire|contact|try|visit|commission|pay|find|choose|pick|turn to|go to|order from) (?:\w+ ){0,3}"
        r"(?:(?:essay|paper|homework|assignment|thesis) (?:\w+ )?(?:mills?|services?|factor(?:y|ies))|ghostwriters?"
        r"|ghostwriting services?)\b",
        rf"(?:download|find|get|grab|take|use|copy|borrow|search for|look for) (?:an? |some )?{_READY}"
        rf" (?:\w+ )?{_TEXT}\b",
        rf"download (?:\w+ ){{0,3}}{_TEXT} (?:\w+ ){{0,4}}(?:and|then|to) "
        r"(?:change|rewrite|rephrase|reword|paraphrase|alter|tweak|submit|hand|turn|adapt)",
        rf"{_REWORK} (?:\w+ ){{0,3}}{_OTHERS} s (?:\w+ ){{0,2}}{_WORK}\b",
        rf"{_REWORK} (?:an?|some) (?:old|existing|{_READY}) (?:\w+ )?{_TEXT}\b(?! (?:of yours|you wrote))",
        r"(?:change|swap|replace) (?:\w+ ){0,3}(?:words?|wording|sentences) (?:\w+ ){0,6}"
        r"(?:nobody notices|no one notices|not detected|isn t detected|plagiarism)",
        r"(?:use|run|try|put|feed|paste) (?:\w+ ){0,6}(?:(?:paraphrasing|rewriting|spinning) (?:tools?|apps?|bots?)"
        r"|article spinner|text spinner|humanizer|humaniser)\b",
    ),
    unsafe=(
        r"(?:enter|type|send|share|give|provide|email|tell|submit|reveal|confirm|verify|post|upload) (?:\w+ ){0,3}"
        r"(?:your|my|the user s) (?:\w+ ){0,3}(?:passwords?|passcode|pin|credit card|bank|api key|login|credentials)",
        r"(?:click|tap|follow|visit|open|press) (?:on )?(?:this|the|that|an?) (?:\w+ ){0,3}(?:link|url|button)\b",
        r"(?:log|sign) in (?:to|at|on|with) (?:\w+ ){0,4}(?:link|url|website|password)\b",
    ),
)
