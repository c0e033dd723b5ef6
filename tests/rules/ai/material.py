"""A small set of questions about a student's material, by which the search is measured.

Each question names the passage that answers it, or none if the material doesn't. `WORDED` questions use words of the
passage, `PARAPHRASED` ones avoid them, `NEAR` ones are about the same subject but not covered, `FAR` ones are about
something else.
"""

from __future__ import annotations

BIOLOGY = [
    "Photosynthesis takes place in the chloroplasts. Chlorophyll absorbs sunlight, and the energy splits water into "
    "hydrogen and oxygen. The oxygen leaves the leaf through the stomata.",
    "In the Calvin cycle, carbon dioxide from the air is built into glucose. It needs no light itself, but uses ATP "
    "and NADPH from the light reactions.",
    "Mitochondria release the energy of glucose in cellular respiration. Most ATP is formed at the inner membrane, "
    "where electrons pass along a chain of proteins to oxygen.",
    "Enzymes lower the activation energy of a reaction. Each has an active site into which its substrate fits. Above "
    "about 40 degrees most human enzymes denature and lose their shape.",
    "Mitosis produces two cells with the same chromosomes. It passes through prophase, metaphase, anaphase and "
    "telophase; then the cytoplasm divides.",
    "The kidneys filter the blood in about a million nephrons each. Water and salts are reabsorbed in the loop of "
    "Henle, and urea leaves the body with the urine.",
]
HISTORY = [
    "The Thirty Years' War ended in 1648 with the Peace of Westphalia. Envoys negotiated for years in Münster and "
    "Osnabrück. The princes of the Empire gained the right to make treaties.",
    "In 1789 the Third Estate declared itself the National Assembly. Bread was dear after a poor harvest, and the "
    "crown was close to bankruptcy after the American war.",
    "The spinning jenny and the water frame moved the making of cloth from cottages to mills. Manchester grew from a "
    "market town to a city of factories within fifty years.",
    "The assassination of Archduke Franz Ferdinand in Sarajevo set off a chain of ultimatums. Within six weeks the "
    "great powers of Europe had mobilised their armies.",
    "The New Deal created jobs by public works, insured bank deposits, and introduced pensions for the old. Its "
    "critics said that it went too far, or not far enough.",
    "Martin Luther objected to the sale of indulgences in 95 theses. The printing press carried them through the "
    "German lands within weeks, and Rome excommunicated him in 1521.",
]
PHYSICS = [
    "The acceleration of a body is the net force on it divided by its mass. Twice the mass needs twice the force for "
    "the same change of velocity.",
    "Kinetic energy grows with the square of the speed. A car at 100 km/h needs four times the braking distance of "
    "one at 50 km/h on the same road.",
    "A wave has a frequency, a wavelength and a speed; the speed is the product of the other two. In a denser medium "
    "light slows down and its path bends towards the normal.",
    "In a series circuit the same current passes through every resistor, and the voltages add up. In a parallel "
    "circuit the voltage is the same and the currents add up.",
    "The half-life of an isotope is the time in which half of its nuclei decay. Carbon-14 has one of 5,730 years, "
    "which is used to date wood and bones.",
    "Heat flows from the warmer body to the colder one. The entropy of an isolated system never decreases, so no "
    "engine can turn all heat into work.",
]
ECONOMICS = [
    "When the price of a good rises, people buy less of it, other things being equal. How strongly they react is the "
    "price elasticity of demand.",
    "A central bank raises its interest rate to slow inflation. Loans become dearer, firms invest less, and "
    "households save more.",
    "Opportunity cost is what you give up by choosing one option: the value of the best alternative. An evening of "
    "study costs the wages that you could have earned.",
    "A monopolist has no competitor and sets the price itself. It sells less at a higher price than firms in "
    "competition would, and part of the welfare is lost.",
    "Countries gain from trade even if one of them makes everything with less labour. Each should export the goods in "
    "which its advantage is greatest.",
    "A public good can be used by everyone, and the use by one person leaves it for the others. Since nobody can be "
    "kept out, firms have little reason to supply it.",
]
MATERIALS = {"biology": BIOLOGY, "history": HISTORY, "physics": PHYSICS, "economics": ECONOMICS}

WORDED = [
    ("biology", "Where does photosynthesis take place?", 0),
    ("biology", "What happens in the Calvin cycle?", 1),
    ("biology", "What are the phases of mitosis?", 4),
    ("biology", "How do enzymes lower the activation energy?", 3),
    ("history", "When did the Thirty Years' War end?", 0),
    ("history", "Why did Luther object to indulgences?", 5),
    ("history", "What was the New Deal?", 4),
    ("physics", "What is the half-life of an isotope?", 4),
    ("physics", "How do voltages add up in a series circuit?", 3),
    ("economics", "What is opportunity cost?", 2),
    ("economics", "What is the price elasticity of demand?", 0),
    ("economics", "How does a monopolist set the price?", 3),
]
PARAPHRASED = [
    ("biology", "How do plants turn light into food?", 0),
    ("biology", "Which gas do plants give off, and by which openings?", 0),
    ("biology", "How is sugar made out of CO2?", 1),
    ("biology", "Which part of the cell is its power plant?", 2),
    ("biology", "Why is a high fever dangerous for the proteins that speed up reactions?", 3),
    ("biology", "How does one cell become a pair of identical ones?", 4),
    ("biology", "Which organ cleans what circulates in our veins?", 5),
    ("history", "Which settlement finished the religious conflict of the seventeenth century?", 0),
    ("history", "Why did the French revolt against their king?", 1),
    ("history", "How did machines change textile production?", 2),
    ("history", "What started the First World War?", 3),
    ("history", "How did Roosevelt fight unemployment in the Depression?", 4),
    ("history", "How did the Reformation spread so fast?", 5),
    ("physics", "Why is a heavy cart harder to get moving?", 0),
    ("physics", "Why does stopping take so much longer when you drive faster?", 1),
    ("physics", "Why does a straw look broken in a glass of water?", 2),
    ("physics", "How do archaeologists find out how old a skeleton is?", 4),
    ("physics", "Why can't a perpetual motion machine exist?", 5),
    ("economics", "Why do shops sell more when things get cheaper?", 0),
    ("economics", "What can be done against rising living costs by those who control money?", 1),
    ("economics", "Why is it a loss to spend time on something less useful?", 2),
    ("economics", "What harm does a single seller do to customers?", 3),
    ("economics", "Why do nations specialise in what they do best and sell it abroad?", 4),
    ("economics", "Why doesn't the market pay for street lights and defence?", 5),
]
NEAR = [
    ("biology", "How does DNA replication work?"),
    ("biology", "What does insulin do in the body?"),
    ("biology", "How do vaccines protect us?"),
    ("history", "Why did the Roman Empire fall?"),
    ("history", "What was the Cuban missile crisis?"),
    ("history", "Who built the pyramids of Giza?"),
    ("physics", "How do black holes evaporate?"),
    ("physics", "What is Schrödinger's equation?"),
    ("physics", "Why is the sky blue?"),
    ("economics", "How does double-entry bookkeeping work?"),
    ("economics", "What caused the dot-com bubble?"),
    ("economics", "What is a hedge fund?"),
]
FAR = [
    ("biology", "What is feudalism?"),
    ("biology", "How do I conjugate the French verb aller?"),
    ("history", "How does a compiler parse a program?"),
    ("history", "What is the derivative of sin x?"),
    ("physics", "Who wrote Romeo and Juliet?"),
    ("physics", "What is a sonnet?"),
    ("economics", "How do volcanoes form?"),
    ("economics", "How do I bake sourdough bread?"),
]

GERMAN = [
    "Die Fotosynthese findet in den Chloroplasten statt. Das Chlorophyll nimmt Sonnenlicht auf, und die Energie "
    "spaltet Wasser in Wasserstoff und Sauerstoff.",
    "Die Mitochondrien setzen die Energie des Traubenzuckers in der Zellatmung frei. Das meiste ATP entsteht an der "
    "inneren Membran.",
    "Der Dreißigjährige Krieg endete 1648 mit dem Westfälischen Frieden. Die Gesandten verhandelten in Münster und "
    "Osnabrück.",
    "Eine Zentralbank erhöht den Leitzins, um die Inflation zu bremsen. Kredite werden teurer, und Unternehmen "
    "investieren weniger.",
    "Die Halbwertszeit ist die Zeit, in der die Hälfte der Atomkerne zerfällt. Mit Kohlenstoff-14 datiert man Holz "
    "und Knochen.",
    "Die Nieren filtern das Blut. Wasser und Salze werden zurückgewonnen, Harnstoff wird ausgeschieden.",
]
GERMAN_PARAPHRASED = [
    ("Wie machen Pflanzen aus Licht Nahrung?", 0),
    ("Welcher Teil der Zelle ist ihr Kraftwerk?", 1),
    ("Wie ging der Religionskonflikt im 17. Jahrhundert aus?", 2),
    ("Was tut die Notenbank gegen steigende Preise?", 3),
    ("Wie bestimmen Archäologen das Alter eines Skeletts?", 4),
    ("Welches Organ reinigt, was in unseren Adern fließt?", 5),
]
GERMAN_NEAR = [
    "Wie wird die DNA verdoppelt?",
    "Warum ist der Himmel blau?",
    "Wer hat Faust geschrieben?",
    "Wie funktioniert die doppelte Buchführung?",
    "Was ist ein Sonett?",
    "Wie backe ich Brot?",
]
ARABIC = [
    "تحدث عملية البناء الضوئي في البلاستيدات الخضراء. يمتص الكلوروفيل ضوء الشمس وتشطر الطاقة الماء إلى هيدروجين "
    "وأكسجين.",
    "تطلق الميتوكوندريا طاقة الجلوكوز في التنفس الخلوي. يتكون معظم الطاقة عند الغشاء الداخلي.",
    "انتهت حرب الثلاثين عاما سنة 1648 بصلح وستفاليا بعد مفاوضات طويلة.",
    "يرفع البنك المركزي سعر الفائدة لإبطاء التضخم فتصبح القروض أغلى.",
    "عمر النصف هو الزمن الذي تتفكك فيه نصف نوى النظير، ويستخدم الكربون 14 لتأريخ العظام.",
    "ترشح الكليتان الدم، ويعاد امتصاص الماء والأملاح وتخرج اليوريا مع البول.",
]
ARABIC_PARAPHRASED = [
    ("كيف تصنع النباتات غذاءها؟", 0),
    ("ما هي محطة توليد القوة داخل الخلية؟", 1),
    ("كيف انتهى الصراع الديني في القرن السابع عشر؟", 2),
    ("ماذا يفعل المصرف الوطني ضد ارتفاع الأسعار؟", 3),
    ("كيف يعرف علماء الآثار عمر الهيكل العظمي؟", 4),
    ("أي عضو ينظف ما يجري في عروقنا؟", 5),
]
ARABIC_NEAR = ["لماذا السماء زرقاء؟", "من كتب روميو وجولييت؟", "كيف أخبز الخبز؟", "ما هي القصيدة؟"]

BASICS = [
    "The cell is the smallest unit of life. Every living being consists of at least one.",
    "Mitochondria produce most of the ATP that a cell uses.",
    "Osmosis is the movement of water through a membrane to the side with more dissolved particles.",
    "Bacteria have no nucleus; their DNA lies free in the cytoplasm. They divide every twenty minutes.",
    "A hypothesis is tested by an experiment in which only one variable changes.",
]
EVERYDAY = {
    "English": (
        BASICS,
        [
            ("Why is the cell so important?", 0),
            ("Why do cells need mitochondria?", 1),
            ("What does the mitochondrion do?", 1),
            ("Explain osmosis to me please", 2),
            ("ok so what exactly is osmosis again", 2),
            ("Hi Teddy, could you help me understand membranes?", 2),
            ("How quickly does a bacterium divide?", 3),
            ("Do bacteria have nuclei?", 3),
            ("I don't really get hypotheses, can you give me an example?", 4),
            ("Which variables change in experiments?", 4),
            ("Tell me what living beings consist of", 0),
            ("pls summarize the role of ATP", 1),
            ("Could you explain why planets orbit the sun please?", None),
            ("Please help me understand mortgages", None),
            ("What is the function of a comma?", None),
            ("Can you give me an example of a metaphor?", None),
            ("Why is the Roman Senate so important?", None),
            ("I really need to know what inflation means", None),
            # From here on, written after the rules, which were not changed for them.
            ("Where exactly in the bacterial body is its DNA?", 3),
            ("What are mice made of, and all other living things?", 0),
            ("In which direction does water move in osmotic processes?", 2),
            ("Is a hypothesis the same as a theory?", 4),
            ("Sorry, I missed class: what did we learn about experimenting?", 4),
            ("Who produces ATP, and which cells use it?", 1),
            ("Sorry, could somebody tell me how the stock market works?", None),
            ("How is a sonnet different from a ballad, roughly?", None),
            ("When was the last ice age, more or less?", None),
        ],
    ),
    "German": (
        GERMAN,
        [
            ("Kannst du mir bitte die Fotosynthese erklären?", 0),
            ("Was macht eigentlich ein Mitochondrium?", 1),
            ("Wofür brauchen wir Nieren?", 5),
            ("Was tut die Niere genau?", 5),
            ("Ich verstehe Halbwertszeiten nicht so ganz", 4),
            ("Warum werden Kredite teuer?", 3),
            ("Wie war das nochmal mit den Zentralbanken?", 3),
            ("Welche Rolle spielten die Gesandten?", 2),
            ("Was passiert mit den Salzen im Blut?", 5),
            ("Kannst du mir bitte das Passiv erklären?", None),
            ("Welche Rolle spielt der Konjunktiv?", None),
            ("Was ist der Unterschied zwischen Lyrik und Epik?", None),
            ("Ich brauche Hilfe mit Vektoren", None),
            ("Sorry, ich hab gefehlt: Was war mit dem Chlorophyll?", 0),
            ("Wozu dienen Knochen bei der Datierung?", 4),
            ("Warum investiert ein Unternehmen bei höherem Leitzins weniger?", 3),
            ("Wieso hat der Krieg dreißig Jahre gedauert?", 2),
            ("Worin unterscheiden sich Membranen?", 1),
            ("Wie leite ich eine Funktion ab?", None),
            ("Worum ging es nochmal in Effi Briest?", None),
            ("Nenne mir drei Merkmale einer Ballade", None),
        ],
    ),
    "Arabic": (
        ARABIC,
        [
            ("اشرح لي البناء الضوئي من فضلك", 0),
            ("ما هو دور البلاستيدة؟", 0),
            ("هل يمكنك أن تشرح لي التضخم؟", 3),
            ("لماذا يرفع البنك الفائدة؟", 3),
            ("ماذا تفعل الكلية بالدم؟", 5),
            ("أريد أن أفهم التنفس الخلوي", 1),
            ("متى انتهت الحرب؟", 2),
            ("اشرح لي الجاذبية من فضلك", None),
            ("ما هو دور الفعل في الجملة؟", None),
            ("هل يمكنك أن تشرح لي المصفوفات؟", None),
            ("لم أفهم كيف نؤرخ العظام", 4),
            ("ما فائدة الضوء للبلاستيدات؟", 0),
            ("لماذا تصبح القروض غالية؟", 3),
            ("عندي سؤال عن أملاح الدم", 5),
            ("ما أنواع الحروب؟", 2),
            ("عندي سؤال عن قواعد النحو", None),
            ("ساعدني في حل المعادلات", None),
            ("حدثني عن الشعر الجاهلي", None),
        ],
    ),
}
"""Questions as students write them, with politeness and other forms of the words, for each language's passages."""
